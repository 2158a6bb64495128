import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {selectGreedily} from '../../../ensembles/data-side/greedy-selection.ts';
import {type HyperMemberContext, hyperEnsemble} from '../../../ensembles/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {categorical} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const inputs = (): tf.Tensor => tf.randomNormal([40, 2], 0, 1, 'float32', 5);

/** Classes that a line through the origin parts. */
function labels(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'));
}

function create({configuration, rng}: HyperMemberContext<number>): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotNormal({seed: Math.floor((rng.uniforms(1)[0] as number) * 1e9)});
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: 2, inputShape: [2], activation: 'softmax', kernelInitializer})],
  });
  model.compile({optimizer: tf.train.sgd(configuration), loss: 'categoricalCrossentropy'});
  return model;
}

describe('hyperEnsemble', () => {
  it('chooses with replacement what lowers the negative log-likelihood of the mixture', async () => {
    // Members 0 and 1 are each sure of one example and wrong on the other; 2 knows nothing; 3 repeats 0.
    const [sure, wrong] = [3, -1];
    const rows = [
      [sure, wrong],
      [wrong, sure],
      [0, 0],
      [sure, wrong],
    ];
    const draws = tf.tensor3d(rows.map((logits) => logits.map((logit) => [logit, 0])));
    const y = tf.tensor2d([
      [1, 0],
      [1, 0],
    ]);
    const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));
    await expectNoLeak(async () => {
      const {selected, negativeLogLikelihood} = await selectGreedily(categorical(), draws, y, 3);
      // 0 is better alone than 2; with it 1 helps most, and then nothing does.
      const alone = (logits: number[]): number =>
        logits.reduce((sum, logit) => sum - Math.log(probability(logit)) / 2, 0);
      expect(alone([sure, wrong])).to.be.below(alone([0, 0]));
      expect(selected.slice(0, 2)).to.deep.equal([0, 1]);
      closeTo(negativeLogLikelihood, -Math.log((probability(sure) + probability(wrong)) / 2), {rtol: 1e-5});
      expect(selected).to.deep.equal([0, 1]);
    });
    tf.dispose([draws, y]);
  });

  it('leaves out configurations that learn nothing, and trains the chosen ones from more seeds', async () => {
    const x = inputs();
    const y = labels(x);
    await expectNoLeak(async () => {
      const how = {epochs: 3, batchSize: 10, validationData: [x, y]} as const;
      const options = {create, configurations: [1e-7, 0.5, 1e-6, 0.4], members: 2, rng: createRng(1)};
      const once = await hyperEnsemble(options).fit(x, y, how);
      expect(once.configurations.every((rate) => rate > 0.1)).to.equal(true);
      expect(once.posterior.size).to.equal(once.configurations.length);
      const predictive = await once.posterior.predict(x);
      const score = tf.tidy(() => tf.neg(tf.mean(predictive.logProb(y))));
      closeTo(once.negativeLogLikelihood as number, (await score.data())[0] as number, {rtol: 1e-5});
      const twice = await hyperEnsemble({...options, seeds: 2}).fit(x, y, how);
      expect(twice.configurations.every((rate) => rate > 0.1)).to.equal(true);
      const [one, other] = [once, twice].map(({posterior}) => posterior.members[0]?.[0] as tf.Tensor);
      expect(Array.from(await (one as tf.Tensor).data())).to.not.deep.equal(
        Array.from(await (other as tf.Tensor).data()),
      );
      predictive.dispose();
      score.dispose();
      once.posterior.dispose();
      twice.posterior.dispose();
    });
    tf.dispose([x, y]);
  });

  it('keeps random configurations without a choice', async () => {
    const x = inputs();
    const y = labels(x);
    const draw = (rng: {uniforms(n: number): Float64Array}): number => rng.uniforms(1)[0] as number;
    await expectNoLeak(async () => {
      const options = {create, configurations: draw, members: 3, selection: 'random', rng: createRng(2)} as const;
      const {posterior, configurations, negativeLogLikelihood} = await hyperEnsemble(options).fit(x, y);
      expect(posterior.size).to.equal(3);
      expect(negativeLogLikelihood).to.equal(undefined);
      const stream = createRng(2).fork('configurations');
      expect(configurations).to.deep.equal([0, 1, 2].map((trial) => draw(stream.fork(trial))));
      posterior.dispose();
    });
    await expectRejection(hyperEnsemble({create, configurations: draw}).fit(x, y), ConfigError, /validationData/);
    expect(() => hyperEnsemble({create, configurations: []})).to.throw(ConfigError, 'at least one configuration');
    expect(() => hyperEnsemble({create, configurations: draw, seeds: 0})).to.throw(ConfigError, 'seeds');
    const selection = 'best' as 'greedy';
    expect(() => hyperEnsemble({create, configurations: draw, selection})).to.throw(ConfigError, "got 'best'");
    tf.dispose([x, y]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {distances, pose, posteriors} from '../../../bench/posteriordb/posteriors.ts';
import {chees, nuts} from '../../../inference/index.ts';
import {summarizeDraws} from '../../../src/diagnostics/index.ts';
import {createRng} from '../../../src/random/index.ts';

describe('models of posteriordb', () => {
  for (const name of posteriors) {
    it(`${name}: one density by terms or summed, with a finite gradient`, async () => {
      const {model, data} = pose(name);
      const [summed, terms, slopes] = tf.tidy(() => {
        const theta = tf.mul<tf.Tensor2D>(tf.ones([2, model.dimension]), 0.3);
        const gradient = tf.grad((at: tf.Tensor) => tf.sum(model.logDensity(at as tf.Tensor2D)))(theta);
        return [model.logDensity(theta), tf.sum(model.logDensityTerms(theta), 1), gradient] as const;
      });
      const [whole, added] = [await summed.data(), await terms.data()];
      expect(Math.abs((whole[0] as number) / (added[0] as number) - 1)).to.be.below(1e-5);
      expect(whole[1]).to.equal(whole[0]);
      expect((await slopes.data()).every(Number.isFinite)).to.equal(true);
      tf.dispose([summed, terms, slopes, ...data]);
    });
  }

  it('a Gaussian process by NUTS and the eight schools by ChEES, within 4 Monte-Carlo errors', async () => {
    const process = pose('gp_pois_regr-gp_regr');
    const first = await nuts(process.model, {chains: 16, warmup: 50, draws: 30, rng: createRng(2)});
    for (const {what, errors} of distances('gp_pois_regr-gp_regr', first.draws)) expect(errors, what).to.be.below(4);
    expect(summarizeDraws(first.draws).every(({rHat}) => rHat < 1.1)).to.equal(true);
    const schools = pose('eight_schools-eight_schools_noncentered');
    const second = await chees(schools.model, {chains: 48, warmup: 60, draws: 20, settle: 30, rng: createRng(3)});
    for (const {what, errors} of distances('eight_schools-eight_schools_noncentered', second.draws)) {
      expect(errors, what).to.be.below(4);
    }
    tf.dispose([...process.data, ...schools.data]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {type ClassificationEvaluation, evaluate, type RegressionEvaluation} from '../../../src/evaluation/index.ts';
import {bernoulli, categorical, gaussian, poisson} from '../../../src/likelihoods/index.ts';
import type {PredictOptions} from '../../../src/posterior/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {type Latent, posteriorOf} from '../../support/latent-posterior.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const logits = [
  [2, 0, -1],
  [0, 1, 0.5],
  [0.1, 0, 3],
  [-1, 0.2, 0],
];
const labels = [0, 2, 2, 1];
const asLogits: Latent = (x) => ({mean: tf.clone(x), variance: tf.fill(x.shape, 0.5)});
const members: Latent = (x) => ({draws: tf.tidy(() => tf.stack([x, tf.mul(x, 0.2), tf.neg(x)]))});

async function classes(latent: Latent, extra: object = {}, options: object = {}): Promise<ClassificationEvaluation> {
  const x = tf.tensor2d(logits);
  try {
    const posterior = posteriorOf(categorical(), latent);
    return (await evaluate(posterior, {test: {x, y: labels}, ...extra}, options)) as ClassificationEvaluation;
  } finally {
    x.dispose();
  }
}

describe('evaluate for classes', () => {
  it('scores the predictive and splits its entropy', async () => {
    const {test, name, kind, classes: k} = await expectNoLeak(() => classes(members, {}, {name: 'three'}));
    expect([kind, name, k, test.count]).to.deep.equal(['classification', 'three', 3, 4]);
    const softmax = (f: number[]): number[] => {
      const e = f.map(Math.exp);
      return e.map((v) => v / e.reduce((a, b) => a + b));
    };
    const entropy = (p: number[]): number => -p.reduce((sum, v) => sum + v * Math.log(v), 0);
    const draws = logits.map((f) => [1, 0.2, -1].map((s) => softmax(f.map((v) => s * v))));
    const means = draws.map((ps) => [0, 1, 2].map((c) => ps.reduce((sum, p) => sum + (p[c] ?? 0) / 3, 0)));
    const average = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    closeTo(test.scores.negativeLogLikelihood, average(means.map((p, i) => -Math.log(p[labels[i] ?? 0] ?? 0))), {
      rtol: 1e-6,
    });
    closeTo(test.scores.entropy, average(means.map(entropy)), {rtol: 1e-6});
    closeTo(test.scores.aleatoricEntropy ?? 0, average(draws.flatMap((ps) => ps.map(entropy))), {rtol: 1e-6});
    closeTo((test.scores.aleatoricEntropy ?? 0) + (test.scores.epistemicEntropy ?? 0), test.scores.entropy, {
      rtol: 1e-6,
    });
    expect(test.scores.epistemicEntropy).to.be.above(0.05);
  });

  it('takes labels as integers, tensors and one-hot rows alike', async () => {
    const x = tf.tensor2d(logits);
    const posterior = posteriorOf(categorical(), asLogits);
    const integers = tf.tensor1d(labels, 'int32');
    const oneHot = tf.tidy(() => tf.cast(tf.oneHot(integers, 3), 'float32'));
    const results = [];
    for (const y of [labels, integers, oneHot]) results.push(await evaluate(posterior, {test: {x, y}}));
    expect(results[1]).to.deep.equal(results[0]);
    expect(results[2]).to.deep.equal(results[0]);
    tf.dispose([x, integers, oneHot]);
  });

  it('takes the log-likelihood from the log-density, where probabilities have underflowed', async () => {
    const x = tf.tensor2d([[0, 200]]);
    const posterior = posteriorOf(categorical(), (f) => ({mean: tf.clone(f)}));
    const {test} = await evaluate(posterior, {test: {x, y: [0]}});
    closeTo(test.scores.negativeLogLikelihood, 200, {rtol: 1e-6});
    x.dispose();
  });

  it('leaves ignored labels out and keeps the row numbers of the others', async () => {
    const x = tf.tensor2d(logits);
    const posterior = posteriorOf(categorical(), asLogits);
    const y = [0, -100, -100, 1];
    const {test} = (await evaluate(posterior, {test: {x, y}})) as ClassificationEvaluation;
    expect(test.count).to.equal(2);
    expect(test.mostCertain.map(({index}) => index)).to.deep.equal([0, 3]);
    const some = tf.gather(x, [0, 3]);
    const alone = await evaluate(posterior, {test: {x: some, y: [0, 1]}});
    closeTo(test.scores.negativeLogLikelihood, alone.test.scores.negativeLogLikelihood, {rtol: 1e-6});
    tf.dispose([x, some]);
  });

  it('judges every position of sequences', async () => {
    const x = tf.tensor3d([logits.slice(0, 2), logits.slice(2)]);
    const y = tf.tensor2d([labels.slice(0, 2), labels.slice(2)]);
    const posterior = posteriorOf(categorical(), asLogits);
    const sequences = await expectNoLeak(() => evaluate(posterior, {test: {x, y}}));
    expect(sequences.test.count).to.equal(4);
    closeTo(sequences.test.scores.negativeLogLikelihood, (await classes(asLogits)).test.scores.negativeLogLikelihood, {
      rtol: 1e-6,
    });
    tf.dispose([x, y]);
  });

  it('takes bernoulli with one output as two classes, and refuses several', async () => {
    const x = tf.tensor2d([[2], [-1], [0.5]]);
    const posterior = posteriorOf(bernoulli(), (f) => ({mean: tf.clone(f)}));
    const {classes: k, test} = (await expectNoLeak(() =>
      evaluate(posterior, {test: {x, y: [1, 0, 0]}}),
    )) as ClassificationEvaluation;
    const sigmoid = (f: number): number => 1 / (1 + Math.exp(-f));
    expect([k, test.scores.accuracy]).to.deep.equal([2, 2 / 3]);
    const losses = [sigmoid(2), sigmoid(1), sigmoid(-0.5)].map((p) => -Math.log(p));
    closeTo(test.scores.negativeLogLikelihood, losses.reduce((a, b) => a + b) / 3, {rtol: 1e-6});
    closeTo(
      test.scores.brierScore,
      [2, 1, -0.5].reduce((sum, f) => sum + (2 * (1 - sigmoid(f)) ** 2) / 3, 0),
      {rtol: 1e-6},
    );
    expect(test.surestMistakes).to.have.length(1);
    expect(test.surestMistakes[0]).to.include({index: 2, predicted: 1, label: 0});
    const two = tf.tensor2d([[1, 2]]);
    await refuse(evaluate(posterior, {test: {x: two, y: two}}), Error, /0, 1|one output/);
    const binary = tf.tensor2d([[1, 0]]);
    await refuse(evaluate(posterior, {test: {x: two, y: binary}}), ConfigError, /one output, got 2/);
    tf.dispose([x, two, binary]);
  });

  it('judges shifted sets and tells foreign inputs apart by one stated score', async () => {
    const x = tf.tensor2d(logits);
    const flat = tf.mul(x, 0.05);
    const shift = [
      {name: 'fade', level: 1, x, y: labels},
      {name: 'fade', level: 2, x: flat, y: labels},
    ];
    const {test, shifts, ood} = await expectNoLeak(() => classes(asLogits, {shift, ood: {name: 'grey', x: flat}}));
    expect(shifts.map(({name, level, count}) => [name, level, count])).to.deep.equal([
      ['fade', 1, 4],
      ['fade', 2, 4],
    ]);
    expect(shifts[0]?.scores).to.deep.equal(test.scores);
    expect(shifts[1]?.scores.entropy).to.be.above(test.scores.entropy);
    expect(ood).to.have.length(1);
    expect(ood[0]).to.include({name: 'grey', count: 4, score: 'entropy', auroc: 1, averagePrecision: 1, fprAt95: 0});
    expect([ood[0]?.testCounts, ood[0]?.oodCounts].map((counts) => counts?.reduce((a, b) => a + b))).to.deep.equal([
      4, 4,
    ]);
    for (const oodScore of ['epistemic', 'max-probability'] as const) {
      const other = await classes(
        asLogits,
        {
          ood: [
            {name: 'grey', x: flat},
            {name: 'same', x},
          ],
        },
        {oodScore},
      );
      expect(other.ood.map(({score}) => score)).to.deep.equal([oodScore, oodScore]);
      if (oodScore === 'max-probability') expect(other.ood.map(({auroc}) => auroc)).to.deep.equal([1, 0.5]);
    }
    tf.dispose([x, flat]);
  });

  it('passes options on, gives each set a fork of the stream, and reports progress', async () => {
    const x = tf.tensor2d(logits);
    const seen: PredictOptions[] = [];
    const steps: unknown[] = [];
    await evaluate(
      posteriorOf(categorical(), asLogits, seen),
      {test: {x, y: labels}, shift: [{name: 'a', x, y: labels}], ood: {name: 'b', x}},
      {samples: 7, batchSize: 3, rng: createRng(5), onProgress: (done, total, name) => steps.push([done, total, name])},
    );
    expect(seen.map(({samples, batchSize}) => [samples, batchSize])).to.deep.equal([
      [7, 3],
      [7, 3],
      [7, 3],
    ]);
    expect(steps).to.deep.equal([
      [1, 3, 'test'],
      [2, 3, 'a'],
      [3, 3, 'b'],
    ]);
    const states = seen.map(({rng}) => String(rng?.getState()));
    expect(new Set(states).size).to.equal(3);
    expect(states[0]).to.equal(String(createRng(5).fork('test').getState()));
    x.dispose();
  });

  it('refuses bad data without leaving tensors behind', async () => {
    const x = tf.tensor2d(logits);
    const posterior = posteriorOf(categorical(), asLogits);
    const soft = tf.softmax(x);
    await expectNoLeak(async () => {
      await refuse(evaluate(posterior, {test: {x, y: [0, 1, 2, 3]}}), DataError, /0 to 2/);
      await refuse(evaluate(posterior, {test: {x, y: [0, 1]}}), ShapeError, /evaluate/);
      await refuse(evaluate(posterior, {test: {x, y: soft}}), DataError, /one-hot rows, got the probability/);
      await refuse(evaluate(posterior, {test: {x, y: [-100, -100, -100, -100]}}), DataError, /at least one example/);
      await refuse(evaluate(posterior, {test: {x, y: labels}}, {samples: 0}), ConfigError, /samples .* got 0/);
      const shift = [{name: 'a', level: 1, x, y: labels}];
      await refuse(
        evaluate(posterior, {test: {x, y: labels}, shift: [...shift, ...shift]}),
        ConfigError,
        /'a 1' twice/,
      );
    });
    tf.dispose([x, soft]);
  });
});

describe('evaluate without examples', () => {
  it('names the set that is empty, before anything is predicted', async () => {
    const x = tf.tensor2d(logits);
    const none = tf.zeros([0, 3]);
    const seen: PredictOptions[] = [];
    const posterior = posteriorOf(categorical(), asLogits, seen);
    const test = {x, y: labels};
    const shift = [{name: 'fade', level: 2, x: none, y: []}];
    await refuse(evaluate(posterior, {test: {x: none, y: []}}), DataError, /one example in the test set, got none/);
    await refuse(evaluate(posterior, {test, shift}), DataError, /the shifted set 'fade 2'/);
    await refuse(evaluate(posterior, {test, ood: {name: 'grey', x: none}}), DataError, /the ood set 'grey'/);
    expect(seen).to.deep.equal([]);
    tf.dispose([x, none]);
  });
});

describe('evaluate for numbers', () => {
  const mean = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5];
  const std = [0.2, 0.3, 0.25, 0.5, 0.4, 0.6, 0.8, 0.7];
  const targets = [0.1, 0.3, 1.4, 1.2, 2.3, 1.6, 3.9, 3.4];
  // Inputs carry mean and standard deviation; the noise is a part of the latter.
  const noise = 0.1;
  const x = (): tf.Tensor2D => tf.tensor2d(mean.map((m, i) => [m, std[i] ?? 1]));
  const latent: Latent = (inputs) =>
    tf.tidy(() => {
      const [m, s] = tf.split(inputs, 2, 1) as [tf.Tensor, tf.Tensor];
      return {mean: m, variance: tf.sub(tf.square(s), noise ** 2)};
    });

  it('gives the reference scores for Gaussian predictions, with the parts of the variance', async () => {
    const inputs = x();
    const posterior = posteriorOf(gaussian({noiseScale: noise}), latent);
    const {test, kind} = (await expectNoLeak(() =>
      evaluate(posterior, {test: {x: inputs, y: targets}}),
    )) as RegressionEvaluation;
    expect(kind).to.equal('regression');
    closeTo(test.scores.rootMeanSquaredError, 0.5024938, {rtol: 1e-6});
    closeTo(test.scores.negativeLogLikelihood, 0.5385262, {rtol: 1e-5});
    closeTo(test.scores.crps, 0.2678945, {rtol: 1e-5});
    closeTo(test.scores.aleatoricVariance ?? 0, noise ** 2, {rtol: 1e-5});
    closeTo(
      (test.scores.aleatoricVariance ?? 0) + (test.scores.epistemicVariance ?? 0),
      std.reduce((sum, s) => sum + s * s, 0) / 8,
      {rtol: 1e-5},
    );
    inputs.dispose();
  });

  it('keeps mixtures exact: density, CRPS and intervals are not those of one Gaussian', async () => {
    const inputs = tf.zeros([1, 1]);
    const posterior = posteriorOf(gaussian({noiseScale: 0.1}), () => ({draws: tf.tensor3d([[[-3]], [[3]]])}));
    const {test} = (await expectNoLeak(() => evaluate(posterior, {test: {x: inputs, y: [3]}}))) as RegressionEvaluation;
    closeTo(test.scores.negativeLogLikelihood, Math.log(2) + 0.5 * Math.log(2 * Math.PI * 0.01), {rtol: 1e-5});
    // Two narrow peaks at -3 and 3: the 50% interval reaches from one to the other.
    closeTo(test.scores.width50, 6, {rtol: 1e-3});
    closeTo(test.scores.epistemicVariance ?? 0, 9, {rtol: 1e-6});
    // CRPS of point masses: mean distance 3 minus half the mean distance between draws, 1.5; the noise adds little.
    closeTo(test.scores.crps, 1.5, {atol: 0.05});
    inputs.dispose();
  });

  it('covers what the intervals of counts hold, their ends included', async () => {
    const inputs = tf.fill([8, 1], Math.log(2));
    const posterior = posteriorOf(poisson(), (f) => ({mean: tf.clone(f)}));
    // Quantiles of Poisson(2): the 50% interval is 1 to 3, that of 90% 0 to 5.
    const {test} = (await evaluate(posterior, {
      test: {x: inputs, y: [0, 1, 1, 2, 3, 3, 4, 6]},
    })) as RegressionEvaluation;
    closeTo([test.scores.width50, test.scores.width90], [2, 5]);
    closeTo([test.scores.coverage50, test.scores.coverage90], [5 / 8, 7 / 8]);
    inputs.dispose();
  });

  it('resamples examples with all their targets for the interval of the RMSE', async () => {
    const interval = async (copies: number): Promise<number[]> => {
      const inputs = tf.tensor2d(mean.map((m) => Array<number>(copies).fill(m)));
      const y = tf.tensor2d(targets.map((t) => Array<number>(copies).fill(t)));
      const posterior = posteriorOf(gaussian({noiseScale: 1}), (f) => ({mean: tf.clone(f)}));
      const {test} = await evaluate(posterior, {test: {x: inputs, y}}, {intervals: 'bootstrap'});
      tf.dispose([inputs, y]);
      const {low = 0, high = 0} = test.intervals?.rootMeanSquaredError ?? {};
      return [low, high];
    };
    const [low = 0, high = 0] = await interval(1);
    expect([low < 0.5024938, high > 0.5024938]).to.deep.equal([true, true]);
    closeTo(await interval(4), [low, high], {rtol: 1e-6});
  });

  it('judges several outputs: likelihood per example, other scores per target', async () => {
    const f = tf.tensor2d([
      [0, 1],
      [2, 3],
    ]);
    const y = tf.tensor2d([
      [0, 2],
      [2, 5],
    ]);
    const posterior = posteriorOf(gaussian(), (inputs) => ({mean: tf.clone(inputs)}));
    const {test} = (await evaluate(posterior, {test: {x: f, y}})) as RegressionEvaluation;
    expect(test.count).to.equal(4);
    closeTo(test.scores.rootMeanSquaredError, Math.sqrt(5 / 4));
    closeTo(test.scores.negativeLogLikelihood, Math.log(2 * Math.PI) + (0.5 + 2) / 2, {rtol: 1e-6});
    expect(test.sample.map(({index}) => index)).to.deep.equal([0, 0, 1, 1]);
    tf.dispose([f, y]);
  });

  it('refuses targets that lie the other way round', async () => {
    const f = tf.zeros([5, 2]);
    const y = tf.zeros([2, 5]);
    const posterior = posteriorOf(gaussian(), (inputs) => ({mean: tf.clone(inputs)}));
    await expectNoLeak(async () => {
      await refuse(evaluate(posterior, {test: {x: f, y}}), ShapeError, /y of shape \[5, 2\], got \[2, 5\]/);
      await refuse(evaluate(posterior, {test: {x: f, y: new Float32Array(10)}}), ShapeError, /got \[10\]/);
    });
    tf.dispose([f, y]);
  });

  it('tells foreign inputs apart by their variance', async () => {
    const inputs = x();
    const far = tf.tensor2d([
      [0, 5],
      [0, 6],
    ]);
    const posterior = posteriorOf(gaussian({noiseScale: noise}), latent);
    for (const oodScore of ['entropy', 'epistemic'] as const) {
      const {ood} = await evaluate(posterior, {test: {x: inputs, y: targets}, ood: {name: 'far', x: far}}, {oodScore});
      expect(ood[0]).to.include({auroc: 1, fprAt95: 0, score: oodScore});
    }
    const evaluation = evaluate(
      posterior,
      {test: {x: inputs, y: targets}, ood: {name: 'far', x: far}},
      {oodScore: 'max-probability'},
    );
    await refuse(evaluation, ConfigError, /'entropy', 'epistemic'/);
    await refuse(
      evaluate(posterior, {test: {x: inputs, y: [1]}}),
      ShapeError,
      /y of shape \[8, 1\] or \[8\], got \[1\]/,
    );
    await refuse(
      evaluate(posterior, {test: {x: inputs, y: targets.map(() => Number.NaN)}}),
      DataError,
      /finite targets/,
    );
    tf.dispose([inputs, far]);
  });
});

async function refuse(work: Promise<unknown>, kind: new (message: string) => Error, words: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).to.be.instanceOf(kind);
  expect(String(error)).to.match(words);
}

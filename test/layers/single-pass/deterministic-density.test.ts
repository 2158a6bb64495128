import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {deterministicDensity, loadFeatureDensity} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, DataError, FormatError, ModelMismatchError, ShapeError} from '../../../src/errors.ts';
import {auroc} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const identity = (x: unknown): tf.Tensor => tf.clone(x as tf.Tensor);
const points = [
  [1, 0],
  [3, 0.5],
  [2, 2],
  [1.5, -1],
  [-1, 1],
  [-2, 2.5],
  [-3, 0],
  [-1.5, 3],
];
const labels = [0, 0, 0, 0, 1, 1, 1, 1];
const queries = [
  [2, 0.5],
  [-2, 2],
  [4, -5],
];

type Two = [number, number];
const meanOf = (rows: number[][]): Two =>
  [0, 1].map((d) => rows.reduce((sum, row) => sum + (row[d] as number) / rows.length, 0)) as Two;
/** xx, xy, yy. */
function covarianceOf(rows: number[][]): [number, number, number] {
  const [a, b] = meanOf(rows);
  const mean = (of: (x: number, y: number) => number) =>
    rows.reduce((sum, [x, y]) => sum + of((x as number) - a, (y as number) - b) / rows.length, 0);
  return [mean((x) => x * x), mean((x, y) => x * y), mean((_, y) => y * y)];
}
function gaussianOf(mean: Two, [xx, xy, yy]: [number, number, number]) {
  const det = xx * yy - xy * xy;
  const distance = ([x, y]: number[]) => {
    const [u, v] = [(x as number) - mean[0], (y as number) - mean[1]];
    return (yy * u * u - 2 * xy * u * v + xx * v * v) / det;
  };
  return {distance, logDensity: (at: number[]) => -distance(at) / 2 - Math.log(2 * Math.PI) - Math.log(det) / 2};
}

describe('deterministicDensity', () => {
  before(async () => {
    await initBackend();
  });

  const groups = [points.slice(0, 4), points.slice(4)];
  const within = groups.map(covarianceOf);
  const shared = [0, 1, 2].map((k) => within.reduce((sum, part) => sum + (part[k] as number) / 2, 0)) as [
    number,
    number,
    number,
  ];
  const expected = {
    'per-class': groups.map((rows, c) => gaussianOf(meanOf(rows), within[c] as [number, number, number])),
    shared: groups.map((rows) => gaussianOf(meanOf(rows), shared)),
    diagonal: groups.map((rows, c) =>
      gaussianOf(meanOf(rows), [(within[c] as number[])[0] as number, 0, (within[c] as number[])[2] as number]),
    ),
  };

  for (const [covariance, gaussians] of Object.entries(expected)) {
    it(`${covariance}: has the density and distances of the closed forms`, async () => {
      const [x, y, at] = [tf.tensor2d(points), tf.tensor1d(labels, 'int32'), tf.tensor2d(queries)];
      const density = await deterministicDensity(identity, {covariance: covariance as 'shared', ridge: 0}).fit(x, y);
      const log = queries.map((q) => Math.log(gaussians.reduce((sum, g) => sum + 0.5 * Math.exp(g.logDensity(q)), 0)));
      closeTo(await density.logDensity(at), log, {rtol: 1e-6});
      closeTo(
        await density.oodScore(at),
        log.map((value) => -value),
        {rtol: 1e-6},
      );
      const nearest = queries.map((q) => Math.min(...gaussians.map((g) => g.distance(q))));
      closeTo(await density.oodScore(at, {score: 'mahalanobis'}), nearest, {rtol: 1e-6});
      const whole = gaussianOf(meanOf(points), covarianceOf(points));
      closeTo(
        await density.oodScore(at, {score: 'relative-mahalanobis', batchSize: 2}),
        nearest.map((value, i) => value - whole.distance(queries[i] as number[])),
        {rtol: 1e-5},
      );
      tf.dispose([x, y, at]);
    });
  }

  it('takes one-hot rows, leaves unlabelled examples out, and needs no labels at all', async () => {
    const x = tf.tensor2d([...points, [100, 100]]);
    const at = tf.tensor2d(queries);
    const rows = tf.tensor2d([...labels.map((label) => (label === 0 ? [1, 0] : [0, 1])), [0, 0]]);
    const integers = tf.tensor1d([...labels, -100], 'int32');
    const scores = await Promise.all(
      [rows, integers].map(async (y) => (await deterministicDensity(identity).fit(x, y)).oodScore(at)),
    );
    closeTo(scores[0] as Float64Array, scores[1] as Float64Array, {rtol: 0});
    closeTo(
      scores[0] as Float64Array,
      queries.map((q) => -Math.log(expected['per-class'].reduce((sum, g) => sum + 0.5 * Math.exp(g.logDensity(q)), 0))),
      {rtol: 1e-3},
    );
    const one = await deterministicDensity(identity, {ridge: 0}).fit(tf.tensor2d(points));
    const whole = gaussianOf(meanOf(points), covarianceOf(points));
    closeTo(await one.logDensity(at), queries.map(whole.logDensity), {rtol: 1e-6});
    tf.dispose([x, at, rows, integers]);
  });

  it('reads features of a model, dead ones too, and finds outliers without a leak', async () => {
    const seeded = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 6, activation: 'relu', inputShape: [2], kernelInitializer: seeded(1)}),
        tfl.layers.dense({units: 2, activation: 'softmax', kernelInitializer: seeded(2)}),
      ],
    });
    const [kernel, bias, ...others] = model.getWeights() as tf.Tensor[];
    tf.tidy(() =>
      model.setWeights([kernel as tf.Tensor, tf.add(bias as tf.Tensor, tf.tensor1d([0, 0, 0, 0, 0, -100])), ...others]),
    ); // the last unit is dead
    await expectNoLeak(async () => {
      const x = tf.randomNormal([80, 2], 0, 1, 'float32', 3);
      const far = tf.randomNormal([40, 2], 0, 6, 'float32', 4);
      const y = tf.tidy(() => tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'));
      const density = await deterministicDensity(model).fit(x, y, {batchSize: 30});
      for (const score of ['density', 'mahalanobis'] as const) {
        const scores = [...(await density.oodScore(x, {score})), ...(await density.oodScore(far, {score}))];
        expect(
          auroc(
            scores,
            scores.map((_, i) => i >= 80),
          ),
          score,
        ).to.be.above(0.85);
      }
      tf.dispose([x, far, y]);
    });
    model.dispose();
  });

  for (const covariance of ['per-class', 'shared'] as const) {
    it(`${covariance}: is the same after it was saved and loaded, for the same model only`, async () => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({units: 3, activation: 'tanh', inputShape: [2]}),
          tfl.layers.dense({units: 2, activation: 'softmax'}),
        ],
      });
      const [x, y, at] = [tf.tensor2d(points), tf.tensor1d(labels, 'int32'), tf.tensor2d(queries)];
      const density = await deterministicDensity(model, {covariance}).fit(x, y);
      let saved: tf.io.ModelArtifacts = {};
      const place = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      });
      await density.save(place);
      expect(saved.weightSpecs?.length).to.equal(1 + 3 + (covariance === 'shared' ? 2 : 3)); // weights, means, factors
      const loaded = await loadFeatureDensity(tf.io.fromMemory(saved), model);
      for (const score of ['density', 'mahalanobis', 'relative-mahalanobis'] as const) {
        expect(await loaded.oodScore(at, {score})).to.deep.equal(await density.oodScore(at, {score}));
      }
      const damaged = {...saved, weightData: (saved.weightData as ArrayBuffer).slice(8)};
      await expectRejection(loadFeatureDensity(tf.io.fromMemory(damaged), model), FormatError, /truncated/);
      tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.add(weight, 1))));
      await expectRejection(density.save(place), ModelMismatchError, /changed/);
      await expectRejection(density.oodScore(at), ModelMismatchError, /oodScore.*changed/);
      await expectRejection(density.logDensity(at), ModelMismatchError, /logDensity.*changed/);
      await expectRejection(
        loadFeatureDensity(tf.io.fromMemory(saved), model),
        ModelMismatchError,
        /^loadFeatureDensity/,
      );
      tf.dispose([x, y, at]);
      model.dispose();
    });
  }

  it('refuses what it cannot use', async () => {
    const x = tf.tensor2d(points);
    expect(() => deterministicDensity(identity, {covariance: 'full' as 'shared'})).to.throw(ConfigError, /'shared'/);
    expect(() => deterministicDensity(identity, {ridge: -1})).to.throw(ConfigError, /ridge/);
    const flat = tfl.sequential({layers: [tfl.layers.flatten({inputShape: [2, 2]})]});
    expect(() => deterministicDensity(flat)).to.throw(ConfigError, /Dense/);
    await expectRejection(deterministicDensity(identity).fit(x, tf.tensor1d([1, 0])), ShapeError, /8 examples/);
    await expectRejection(deterministicDensity(identity).fit(x, tf.fill([8], -1)), DataError, /with a label/);
    await expectRejection(deterministicDensity(identity).fit(tf.fill([2, 2], Number.NaN)), DataError, /finite/);
    const fitted = await deterministicDensity(identity).fit(x);
    await expectRejection(fitted.oodScore(x, {score: 'energy' as 'density'}), ConfigError, /'mahalanobis'/);
    x.dispose();
  });
});

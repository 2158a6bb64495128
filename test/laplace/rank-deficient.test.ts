import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {CholeskyDecomposition, Matrix as Oracle} from 'ml-matrix';
import {laplace} from '../../laplace/index.ts';
import {FullStructure} from '../../laplace/structures/full.ts';
import {KronStructure} from '../../laplace/structures/kron.ts';
import {FullCurvature, KronCurvature, type WeightLayout} from '../../src/curvature/index.ts';
import {gaussian} from '../../src/likelihoods/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';

const FEATURES = 64;
const RANK = 10;

interface Case {
  readonly examples: number;
  readonly scale: number;
  readonly noise: number;
  readonly prior: number;
}

/** Linear regression on features of which many depend on the others, and its exact posterior without the targets. */
function problem({examples, scale, noise, prior}: Case, kind: 'full' | 'kron') {
  const rng = createRng(4);
  const base = new Oracle(Array.from({length: examples}, () => Array.from(rng.normals(RANK))));
  const mix = new Oracle(Array.from({length: RANK}, () => Array.from(rng.normals(FEATURES))));
  const inputs = base
    .mmul(mix)
    .mul(scale)
    .to2DArray()
    .map((row) => row.map(Math.fround));
  const design = new Oracle(inputs.map((row) => [...row, 1]));
  const curvature = design
    .transpose()
    .mmul(design)
    .div(noise ** 2);
  // The bias has a block of its own.
  for (let i = 0; kind === 'kron' && i < FEATURES; i++) curvature.set(i, FEATURES, 0).set(FEATURES, i, 0);
  const far = [...Array.from(rng.normals(FEATURES), Math.fround), 1];
  const near = [...(inputs[3] as number[]), 1];
  const at = (priorPrecision: number): CholeskyDecomposition =>
    new CholeskyDecomposition(Oracle.add(curvature, Oracle.eye(FEATURES + 1).mul(priorPrecision)));
  const variance = (row: number[]): number =>
    Oracle.rowVector(row)
      .mmul(at(prior).solve(Oracle.columnVector(row)))
      .get(0, 0);
  const logDeterminant = (priorPrecision: number): number =>
    2 *
    at(priorPrecision)
      .lowerTriangularMatrix.diagonal()
      .reduce((sum, d) => sum + Math.log(d), 0);
  return {inputs, far, near, variance, logDeterminant};
}

describe('laplace where the features are linearly dependent', () => {
  for (const one of [
    {examples: 2000, scale: 1, noise: 0.1, prior: 0.1},
    {examples: 2000, scale: 3, noise: 0.1, prior: 0.01},
    {examples: 2000, scale: 3, noise: 0.05, prior: 1},
    {examples: 2000, scale: 1, noise: 0.5, prior: 0.1},
  ]) {
    for (const structure of ['full', 'kron'] as const) {
      for (const weights of ['all', 'last-layer'] as const) {
        it(`keeps the variance and the evidence exact: ${structure}, ${weights}, ${JSON.stringify(one)}`, async () => {
          const {inputs, far, near, variance, logDeterminant} = problem(one, structure);
          const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [FEATURES]})]});
          const x = tf.tensor2d(inputs);
          const y = tf.tidy(() => tf.add(model.predict(x) as tf.Tensor, tf.fill([one.examples, 1], one.noise)));
          const posterior = await laplace(model, {
            structure,
            weights,
            likelihood: gaussian({noiseScale: one.noise}),
            priorPrecision: one.prior,
          }).fit(x, y);
          const test = tf.tensor2d([far.slice(0, -1), near.slice(0, -1)]);
          const outputs = posterior.linearized(test);
          const [away, inside] = (await outputs.covariance.data()) as unknown as [number, number];
          closeTo([away], [variance(far)], {rtol: 1e-3});
          closeTo([inside], [variance(near)], {rtol: 1e-2});

          const values = (await Promise.all(posterior.mean.map((tensor) => tensor.data()))).flatMap((part) =>
            Array.from(part),
          );
          const scatter = values.reduce((sum, w) => sum + w * w, 0);
          const evidence = (prior: number): number =>
            posterior.logLikelihood() -
            0.5 * (logDeterminant(prior) - values.length * Math.log(prior) + prior * scatter);
          closeTo([posterior.logMarginalLikelihood()], [evidence(one.prior)], {atol: 2e-2});
          const tuned = await posterior.tune();
          closeTo([tuned.logMarginalLikelihood], [evidence(tuned.priorPrecision)], {atol: 2e-2});
          tf.dispose([x, y, test, outputs.mean, outputs.covariance]);
          posterior.dispose();
          model.dispose();
        });
      }
    }
  }

  it('keeps small features beside large ones', async () => {
    const rng = createRng(9);
    const sizes = [1000, 1, 0.01];
    const inputs = Array.from({length: 500}, () =>
      Array.from(rng.normals(3), (z, i) => Math.fround(z * (sizes[i] ?? 0))),
    );
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3], useBias: false})]});
    const x = tf.tensor2d(inputs);
    const y = tf.tidy(() => tf.add(model.predict(x) as tf.Tensor, 0.1));
    const precision = new Oracle(inputs).transpose().mmul(new Oracle(inputs)).mul(1e8).add(Oracle.eye(3));
    const expected = new CholeskyDecomposition(precision).solve(Oracle.eye(3)).diagonal();
    for (const structure of ['full', 'kron'] as const) {
      const posterior = await laplace(model, {structure, likelihood: gaussian({noiseScale: 1e-4})}).fit(x, y);
      closeTo(posterior.weightVariances(), expected, {rtol: 1e-4});
      posterior.dispose();
    }
    tf.dispose([x, y]);
    model.dispose();
  });

  it('describes one matrix everywhere: determinants, effective parameters, variances', () => {
    const size = 12;
    const rng = createRng(6);
    const half = new Oracle(Array.from({length: 5}, () => Array.from(rng.normals(size))));
    const rounded = half
      .transpose()
      .mmul(half)
      .to1DArray()
      .map((value) => Math.fround(value * (1 + 2e-7)));
    const layout = (name: string, n: number): WeightLayout => ({
      name,
      size: n,
      kind: 'direct',
      inputs: 1,
      groups: 1,
      outputs: n,
      shared: false,
    });
    const full = new FullCurvature([layout('a', 5), layout('b', 7)]);
    full.matrix.set(rounded);
    const kron = new KronCurvature([{...layout('k', size), kind: 'outer', inputs: size, outputs: 1}]);
    kron.fromArrays({inputs0: rounded, outputs0: [1], count0: [1]});
    for (const [structure, tensors] of [
      [new FullStructure(full), 2],
      [new KronStructure(kron), 1],
    ] as const) {
      for (const prior of tensors === 2
        ? [
            [1e-6, 1e-6],
            [1e-6, 3e-6],
          ]
        : [[1e-6]]) {
        const terms = {scale: 1, prior};
        const all = prior.map((_, i) => i);
        const weights = structure.at(terms);
        const variances = weights.variances();
        const effective = variances.reduce(
          (sum, v, i) => sum + 1 - (prior[tensors === 2 && i > 4 ? 1 : 0] as number) * v,
          0,
        );
        closeTo([effective], [5], {rtol: 1e-5});
        closeTo(structure.effectiveParameters(terms, [all]), [effective], {rtol: 1e-7});
        closeTo(
          [
            structure
              .effectiveParameters(
                terms,
                all.map((i) => [i]),
              )
              .reduce((a, b) => a + b),
          ],
          [effective],
          {rtol: 1e-7},
        );
        closeTo([structure.logDeterminants()(terms)], [structure.logDeterminant(terms)], {rtol: 1e-8});
        tf.dispose([...weights.tensors]);
      }
    }
  });
});

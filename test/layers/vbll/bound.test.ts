import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  type VbllHead,
  vbllClassification,
  vbllGenerativeClassification,
  vbllRegression,
} from '../../../layers/index.ts';
import {closeTo} from '../../support/close.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** E f(mean + deviation z) for standard normal z, by the trapezoidal rule: exact to rounding for smooth f. */
function expectation(mean: number, deviation: number, f: (value: number) => number): number {
  const step = 0.02;
  let sum = 0;
  for (let z = -10; z <= 10; z += step) {
    sum += f(mean + deviation * z) * Math.exp(-0.5 * (z * z + LOG_TWO_PI)) * step;
  }
  return sum;
}

function logNormal(value: number, mean: number, deviation: number): number {
  return -0.5 * (((value - mean) / deviation) ** 2 + LOG_TWO_PI) - Math.log(deviation);
}

/** KL(N(0 and 1 or so) || N(0, q)) of dense 2 x 2 Gaussians by a sum over a grid. */
function gridDivergence(mean: readonly number[], L: readonly [number, number, number], q: number): number {
  const step = 0.05;
  let sum = 0;
  for (let a = -8; a <= 8; a += step) {
    for (let b = -8; b <= 8; b += step) {
      const w = [(mean[0] as number) + L[0] * a, (mean[1] as number) + L[1] * a + L[2] * b];
      const log = logNormal(a, 0, 1) + logNormal(b, 0, 1);
      const posterior = log - Math.log(L[0] * L[2]);
      const prior = w.reduce((total, one) => total + logNormal(one, 0, Math.sqrt(q)), 0);
      sum += Math.exp(log) * (posterior - prior) * step * step;
    }
  }
  return sum;
}

async function readScalar(tensor: tf.Tensor): Promise<number> {
  const [value] = await tensor.data();
  tensor.dispose();
  return value as number;
}

/** The loss of each example, of features [N, D]. */
async function losses(head: VbllHead, features: number[][], y: number[][]): Promise<number[]> {
  const each = tf.tidy(() => head.loss(tf.tensor2d(y), head.apply(tf.tensor2d(features)) as tf.Tensor));
  const values = Array.from(await each.data());
  each.dispose();
  return values;
}

function set(head: VbllHead, D: number, weights: (number[] | number[][])[]): void {
  tf.tidy(() => {
    head.apply(tf.zeros([1, D]));
    head.setWeights(weights.map((one) => tf.tensor(one)));
  });
}

describe('VBLL objective against numerical integration', () => {
  const phi = [
    [0.7, -1.2],
    [1.5, 0.4],
  ];

  it('regression: expected log-density of each output under q, summed over outputs', async () => {
    const head = vbllRegression({units: 2, trainSize: 10, covariance: 'diagonal'});
    const [mean, logScale, noise] = [
      [
        [0.5, -0.3],
        [0.2, 0.9],
      ],
      [
        [-1, -0.5],
        [-0.2, -1.5],
      ],
      [-0.4, 0.3],
    ];
    set(head, 2, [noise, mean, logScale]);
    const y = [
      [0.3, -1],
      [1.1, 0.2],
    ];
    const expected = phi.map((row, n) => {
      let total = 0;
      for (let k = 0; k < 2; k++) {
        const at = (table: number[][], d: number): number => (table[d] as number[])[k] as number;
        const m = row.reduce((sum, value, d) => sum + value * at(mean, d), 0);
        const v = row.reduce((sum, value, d) => sum + value ** 2 * Math.exp(2 * at(logScale, d)), 0);
        const s = Math.exp(noise[k] as number);
        total -= expectation(m, Math.sqrt(v), (f) => logNormal((y[n] as number[])[k] as number, f, s));
      }
      return total;
    });
    closeTo(await losses(head, phi, y), expected, {rtol: 1e-5});
    head.dispose();
  });

  it('the divergence from the prior, constants included', async () => {
    const head = vbllRegression({units: 1, trainSize: 10, covariance: 'dense', priorPrecision: 1.6, noiseScale: 1});
    const [mean, logDiagonal, below] = [[[0.5], [-0.8]], [[-0.3, -0.9]], 0.35];
    set(head, 2, [
      mean,
      logDiagonal,
      [
        [7, 7],
        [below, 7],
      ],
      [0],
    ]);
    const roots = (logDiagonal[0] as number[]).map(Math.exp) as [number, number];
    const exact = gridDivergence([0.5, -0.8], [roots[0], below, roots[1]], 1 / 1.6);
    closeTo(await readScalar(head.regularizer()), exact, {rtol: 1e-5});
    closeTo(await readScalar(head.calculateLosses()[0] as tf.Scalar), exact / 10, {rtol: 1e-5});
    head.dispose();
  });

  it('the inverse Wishart prior of the noise, up to its constant', async () => {
    const head = vbllRegression({units: 2, trainSize: 10, wishartScale: 0.5, dof: 3});
    const logPrior = async (noise: [number, number]): Promise<number> => {
      set(head, 1, [noise, [[0, 0]], [[0], [0]], [[0, 0]]]);
      return readScalar(head.noise.logPrior());
    };
    const [a, b] = [[-0.4, 0.3] as [number, number], [0.1, -0.7] as [number, number]];
    const density = (noise: readonly number[]): number =>
      noise.reduce((sum, log) => sum - ((3 + 2 + 1) / 2) * 2 * log - (0.5 / 2) * Math.exp(-2 * log), 0);
    closeTo((await logPrior(a)) - (await logPrior(b)), density(a) - density(b), {rtol: 1e-5});
    head.dispose();
  });

  it("classification: Jensen's bound, with the expectation of each exponential under q and the noise", async () => {
    const head = vbllClassification({units: 2, trainSize: 10});
    const [mean, logScale, noise] = [
      [
        [0.5, -0.3],
        [0.2, 0.9],
      ],
      [
        [-1, -0.5],
        [-0.2, -1.5],
      ],
      [-0.4, -1.3],
    ];
    set(head, 2, [noise, mean, logScale]);
    const y = [
      [1, 0],
      [0, 1],
    ];
    const given = await losses(head, phi, y);
    phi.forEach((row, n) => {
      const moments = [0, 1].map((k) => {
        const at = (table: number[][], d: number): number => (table[d] as number[])[k] as number;
        const m = row.reduce((sum, value, d) => sum + value * at(mean, d), 0);
        const v = row.reduce((sum, value, d) => sum + value ** 2 * Math.exp(2 * at(logScale, d)), 0);
        return [m, Math.sqrt(v + Math.exp(2 * (noise[k] as number)))] as const;
      });
      const label = (y[n] as number[]).indexOf(1);
      const total = moments.reduce((sum, [m, sd]) => sum + expectation(m, sd, Math.exp), 0);
      const bound = (moments[label] as readonly [number, number])[0] - Math.log(total);
      closeTo(given[n] as number, -bound, {rtol: 1e-5});
      // The margin between two logits is Gaussian too, which gives the expected log-probability itself.
      const [[m0, s0], [m1, s1]] = moments as [readonly [number, number], readonly [number, number]];
      const sign = label === 0 ? 1 : -1;
      const exact = expectation(sign * (m0 - m1), Math.hypot(s0, s1), (margin) => -Math.log1p(Math.exp(-margin)));
      expect(bound).to.be.below(exact);
      expect(bound).to.be.above(exact - 0.6);
    });
    head.dispose();
  });

  it('generative classification: expected log-density of the class and log of the expected densities', async () => {
    const head = vbllGenerativeClassification({units: 2, trainSize: 10});
    const [mean, logScale, noise] = [
      [
        [0.5, -0.3],
        [0.2, 0.9],
      ],
      [
        [-1, -0.5],
        [-0.2, -1.5],
      ],
      [-0.4, 0.3],
    ];
    set(head, 2, [noise, mean, logScale]);
    const y = [
      [1, 0],
      [0, 1],
    ];
    const given = await losses(head, phi, y);
    phi.forEach((row, n) => {
      const label = (y[n] as number[]).indexOf(1);
      const of = (k: number, f: (value: number, d: number) => number, join: (parts: number[]) => number): number =>
        join(
          row.map((_, d) => {
            const at = (table: number[][]): number => (table[d] as number[])[k] as number;
            return expectation(at(mean), Math.exp(at(logScale)), (w) => f(w, d));
          }),
        );
      const log = (w: number, d: number): number => logNormal(row[d] as number, w, Math.exp(noise[d] as number));
      const first = of(label, log, (parts) => parts.reduce((sum, part) => sum + part, 0));
      const densities = [0, 1].map((k) =>
        of(
          k,
          (w, d) => Math.exp(log(w, d)),
          (parts) => parts.reduce((product, part) => product * part, 1),
        ),
      );
      const exact = first - Math.log((densities[0] as number) + (densities[1] as number));
      closeTo(given[n] as number, -exact, {rtol: 2e-5});
    });
    head.dispose();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import {createRng, type Rng} from '../../../src/random/index.ts';
import {checkCount, checkPositive, startingMean} from '../checks.ts';
import type {VariationalFamily} from '../family.ts';
import type {GaussianFamilyOptions} from '../low-rank.ts';
import {dpmSolver} from './dpm-solver.ts';
import {type ChainStep, guide, guidedChain} from './guided-chain.ts';
import {cosineSchedule, SINES, sinesOf} from './noise-schedule.ts';

/** Options of {@link diffusionFamily}. */
export interface DiffusionFamilyOptions extends GaussianFamilyOptions {
  /** K, how many steps take the noise out; default 16. */
  readonly steps?: number;
  /** H, hidden units of the net; default 64. */
  readonly hidden?: number;
  /** The stream of the net's first weights, only forked; default `createRng(0)`. */
  readonly rng?: Rng;
}

/** Options of {@link DiffusionFamily.solve}. */
export interface SolveOptions {
  /** 1, 2 or 3; default 3. */
  readonly order?: 1 | 2 | 3;
  /** Steps of the solver, `order` evaluations of the net each; default 4. */
  readonly steps?: number;
}

/** What {@link diffusionFamily} makes. */
export interface DiffusionFamily extends VariationalFamily {
  /**
   * `count` draws by {@link dpmSolver} and one last step of the chain, [count, D]: in `order` times `steps` evaluations of the net
   * instead of K, but an approximation to the draws of `draw`, without a density.
   */
  solve(rng: Rng, count: number, options?: SolveOptions): tf.Tensor2D;
}

/**
 * A diffusion model as a variational family: a chain of K Gaussian steps that a net guides from noise to theta.
 *
 *     w_K ~ N(0, I),   w_{k-1} = (w_k + beta_k s(w_k, k)) / sqrt(1 - beta_k) + sqrt(beta_k) exp(a_k) e_k,   theta = m + exp(b) w_0
 *
 * with a score s = n - w of a net n that starts at zero, and learned m, b [D] and a [K, D]: at the start theta is
 * N(mean, scale^2 I), a mean-field Gaussian. Nobody can evaluate q(theta), so the bound is applied twice: `logDensity` is
 * log q(theta, w) - log r(w | theta), with r the noising w_k = sqrt(1 - beta_k) w_{k-1} + sqrt(beta_k) e. Every term is a Gaussian
 * density; the bound is valid, loose by the divergence of q(w | theta) from r, and importance weights on (theta, w) are exact.
 *
 * Shows correlated, skewed and several-peaked posteriors at the price of K evaluations of the net for each draw; more steps tighten
 * the bound. Train it with `clipNorm`, some 32 draws and a few thousand steps.
 *
 * Source: Dirmeier and Perez-Cruz (2023); the bound is that of auxiliary variables (Ranganath, Tran and Blei, 2016).
 *
 * @param options the number of columns, where to start, and how large; defaults: N(0, 0.01 I), 16 steps, 64 hidden units.
 *
 * @throws ConfigError if a size is no whole number, the scale not positive, or the mean of another length.
 *
 * @example
 * ```ts
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {diffusionFamily} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = diffusionFamily({dimension: 3, steps: 8, hidden: 16});
 * const {theta, logDensity} = family.draw(createRng(1), 5);
 * const fast = family.solve(createRng(2), 5, {order: 2, steps: 2});
 * console.log(theta.shape, logDensity.shape, fast.shape);   // [5, 3] [5] [5, 3]
 * for (const owned of [theta, logDensity, fast, family]) owned.dispose();
 * ```
 */
export function diffusionFamily(options: DiffusionFamilyOptions): DiffusionFamily {
  const {dimension, mean, scale = 0.1, steps = 16, hidden = 64, rng = createRng(0)} = options;
  checkCount('diffusionFamily', 'dimension', dimension);
  checkCount('diffusionFamily', 'steps', steps, 2);
  checkCount('diffusionFamily', 'hidden', hidden);
  checkPositive('diffusionFamily', 'scale', scale);
  const {betas, halfLogSnr} = cosineSchedule(steps);
  const weight = (name: string, rows: number, columns: number) =>
    tf.tidy(() => tf.variable(tf.div(normalTensor(rng.fork(name), [rows, columns]), Math.sqrt(rows))) as Matrix);
  const constant = (shape: number[], value = 0) => tf.tidy(() => tf.variable(tf.fill(shape, value)));
  const input = weight('input', dimension, hidden);
  const embedding = weight('embedding', SINES, hidden);
  const bias = constant([hidden]);
  const output = constant([hidden, dimension]) as Matrix;
  const location = tf.tidy(() => tf.variable(tf.tensor1d(startingMean('diffusionFamily', dimension, mean))));
  const logScale = constant([dimension], Math.log(scale));
  const logSds = constant([steps, dimension]);
  const variables = [location, logScale, logSds, input, embedding, bias, output];

  const chainSteps = Array.from(betas, (beta): ChainStep => {
    const kept = Math.sqrt(1 - beta);
    return {kept, guided: beta / kept};
  });
  const perStep = (value: (beta: number) => number) => tf.tensor3d(Array.from(betas, value), [steps, 1, 1]);
  const sds = () => tf.mul(tf.exp(tf.expandDims(logSds, 1)), perStep(Math.sqrt));
  const embed = (levels: ArrayLike<number>) => tf.add<tf.Tensor2D>(tf.matMul(sinesOf(levels), embedding), bias);
  const place = (w: tf.Tensor) => tf.add<tf.Tensor2D>(tf.mul(w, tf.exp(logScale)), location);

  return {
    name: 'diffusion',
    dimension,
    variables,
    learningRate: 0.03,
    draw: (stream, count) =>
      tf.tidy(() => {
        const start = normalTensor<tf.Rank.R2>(stream, [count, dimension]);
        const noise = normalTensor<tf.Rank.R3>(stream, [steps, count, dimension]);
        const levels = embed(halfLogSnr);
        const chain = guidedChain(start, tf.mul(noise, sds()), {input, output, levels, steps: chainSteps});
        const clean = tf.slice(chain, 0, steps);
        const noised = tf.slice(chain, 1, steps);
        const kept = perStep((beta) => Math.sqrt(1 - beta));
        const residual = tf.div(tf.sub(noised, tf.mul(clean, kept)), perStep(Math.sqrt));
        const squares = tf.sub(tf.sum(tf.square(residual), [0, 2]), tf.sum(tf.square(noise), [0, 2]));
        const quadratic = tf.mul(tf.sub(squares, tf.sum(tf.square(start), 1)), 0.5);
        // log beta_k and log 2 pi stand in both chains and cancel, but for the 2 pi of w_K.
        const logVolume = tf.addN([
          tf.sum(logSds),
          tf.sum(logScale),
          tf.scalar((dimension / 2) * Math.log(2 * Math.PI)),
        ]);
        return {
          theta: place(tf.squeeze(tf.slice(chain, 0, 1), [0])),
          logDensity: tf.sub<tf.Tensor1D>(quadratic, logVolume),
        };
      }),
    solve: (stream, count, {order = 3, steps: solverSteps = 4} = {}) =>
      tf.tidy(() => {
        const start = normalTensor<tf.Rank.R2>(stream, [count, dimension]);
        const net = (w: tf.Tensor2D, level: number) => guide(w, tf.squeeze(embed([level]), [0]), {input, output}).value;
        // The net is score + w, and the noise -sigma times the score.
        const noise = (w: tf.Tensor2D, level: number) =>
          tf.mul<tf.Tensor2D>(tf.sub(w, net(w, level)), 1 / Math.sqrt(1 + Math.exp(2 * level)));
        const [from, to] = [halfLogSnr[steps - 1] as number, halfLogSnr[0] as number];
        const w = dpmSolver(noise, start, {from, to, order, steps: solverSteps});
        const {kept, guided} = chainSteps[0] as ChainStep;
        const shock = tf.mul(normalTensor(stream, [count, dimension]), tf.squeeze(tf.slice(sds(), 0, 1), [0]));
        return place(tf.addN([tf.mul(w, kept), tf.mul(net(w, to), guided), shock as tf.Tensor2D]));
      }),
    getConfig: () => ({dimension, steps, hidden}),
    dispose: () => tf.dispose(variables),
  };
}

type Matrix = tf.Variable<tf.Rank.R2>;

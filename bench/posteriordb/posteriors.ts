import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {createModel} from '../../inference/model/create-model.ts';
import type {Model} from '../../inference/model/model.ts';
import {type Draws, scalarChains} from '../../src/diagnostics/draws.ts';
import {mcseMean, mcseQuantile, mcseSd} from '../../src/diagnostics/index.ts';
import {drawsQuantile} from '../../src/diagnostics/monte-carlo-error.ts';
import {
  beta,
  gamma,
  halfCauchy,
  halfNormal,
  multivariateNormal,
  normal,
  orderedSupport,
  positiveSupport,
  realSupport,
} from '../../src/distributions/index.ts';

/** A posterior with reference draws of Stan, from posteriordb (Magnusson and others). */
interface Reference {
  readonly draws: number;
  readonly data: Record<string, number[] & number[][]>;
  readonly reference: Record<string, Record<'mean' | 'sd' | 'q05' | 'q25' | 'q50' | 'q75' | 'q95', number>>;
}

type Names =
  | 'arK-arK'
  | 'eight_schools-eight_schools_noncentered'
  | 'gp_pois_regr-gp_regr'
  | 'kidiq-kidscore_momhsiq'
  | 'low_dim_gauss_mix-low_dim_gauss_mix'
  | 'sblrc-blr';

/** The model of a posterior, with its tensors of data, which the caller disposes. */
interface Posed {
  readonly model: Model<undefined>;
  readonly data: tf.Tensor[];
}

export const posteriors: readonly Names[] = [
  'arK-arK',
  'eight_schools-eight_schools_noncentered',
  'gp_pois_regr-gp_regr',
  'kidiq-kidscore_momhsiq',
  'low_dim_gauss_mix-low_dim_gauss_mix',
  'sblrc-blr',
];

function readReference(name: Names): Reference {
  return JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), 'utf8')) as Reference;
}

/** The model in words of the fixture, written with this package. */
export function pose(name: Names): Posed {
  return POSED[name](readReference(name).data);
}

/** A number per point set against data. */
function each(values: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  return tf.expandDims(values[name] as tf.Tensor, 1);
}

/** X beta for each point, [S, N], of X [N, D] and beta [S, D]. */
function linear(X: tf.Tensor, coefficients: tf.Tensor): tf.Tensor {
  return tf.matMul(coefficients as tf.Tensor2D, X as tf.Tensor2D, false, true);
}

const POSED: Record<Names, (data: Reference['data']) => Posed> = {
  'arK-arK': ({y, K}) => {
    const lags = K as unknown as number;
    const series = y as number[];
    const late = series.slice(lags);
    const X = tf.tensor2d(late.map((_, t) => Array.from({length: lags}, (_, k) => series[t + lags - 1 - k] as number)));
    const value = tf.tensor1d(late);
    const model = createModel({
      parameters: {alpha: normal(0, 10), beta: {prior: normal(0, 10), shape: [lags]}, sigma: halfCauchy(2.5)},
      observe: (at) => ({
        y: {
          distribution: normal(tf.add(each(at, 'alpha'), linear(X, at.beta as tf.Tensor)), each(at, 'sigma')),
          value,
        },
      }),
    });
    return {model, data: [X, value]};
  },
  'eight_schools-eight_schools_noncentered': ({y, sigma}) => {
    const [value, scale] = [tf.tensor1d(y as number[]), tf.tensor1d(sigma as number[])];
    const theta = (at: Readonly<Record<string, tf.Tensor>>) =>
      tf.add(each(at, 'mu'), tf.mul(each(at, 'tau'), at.t as tf.Tensor));
    const model = createModel({
      parameters: {mu: normal(0, 5), tau: halfCauchy(5), t: {prior: normal(0, 1), shape: [8]}},
      observe: (at) => ({y: {distribution: normal(theta(at), scale), value}}),
      derive: (at) => ({theta: theta(at)}),
    });
    return {model, data: [value, scale]};
  },
  'gp_pois_regr-gp_regr': ({x, y}) => {
    const at = x as number[];
    const distances = tf.tensor2d(at.map((a) => at.map((b) => (a - b) ** 2)));
    const [value, unit, zero] = [tf.tensor1d(y as number[]), tf.eye(at.length), tf.zeros([at.length])];
    const model = createModel({
      parameters: {rho: gamma(25, 4), alpha: halfNormal(2), sigma: halfNormal(1)},
      observe: ({rho, alpha, sigma}) => {
        const scalar = (given: tf.Tensor | undefined) => tf.reshape(given as tf.Tensor, [-1, 1, 1]);
        const kernel = tf.exp(tf.div(tf.mul(distances, -0.5), tf.square(scalar(rho))));
        const covariance = tf.add(tf.mul(tf.square(scalar(alpha)), kernel), tf.mul(scalar(sigma), unit));
        return {y: {distribution: multivariateNormal(zero, covariance), value}};
      },
    });
    return {model, data: [distances, value, unit, zero]};
  },
  'kidiq-kidscore_momhsiq': ({kid_score, mom_hs, mom_iq}) => {
    const [highSchool, iq] = [mom_hs as number[], mom_iq as number[]];
    const X = tf.tensor2d(highSchool.map((hs, i) => [1, hs, iq[i] as number]));
    const value = tf.tensor1d(kid_score as number[]);
    const model = createModel({
      parameters: {beta: {support: realSupport(), shape: [3]}, sigma: halfCauchy(2.5)},
      observe: (at) => ({
        y: {distribution: normal(linear(X, at.beta as tf.Tensor), each(at, 'sigma')), value},
      }),
    });
    return {model, data: [X, value]};
  },
  'low_dim_gauss_mix-low_dim_gauss_mix': ({y}) => {
    const value = tf.tensor2d([y as number[]]);
    const model = createModel({
      parameters: {
        mu: {prior: normal(0, 2), support: orderedSupport(), shape: [2]},
        sigma: {prior: halfNormal(2), support: positiveSupport(), shape: [2]},
        theta: beta(5, 5),
      },
      factor: ({mu, sigma, theta}) => {
        const [first, second] = [0, 1].map((k) => {
          const pick = (given: tf.Tensor | undefined) => tf.slice(given as tf.Tensor, [0, k], [-1, 1]);
          return normal(pick(mu), pick(sigma)).logProb(value);
        }) as [tf.Tensor, tf.Tensor];
        const share = tf.expandDims(theta as tf.Tensor, 1);
        const a = tf.add(first, tf.log(share));
        const b = tf.add(second, tf.log(tf.sub(1, share)));
        return tf.add(a, tf.softplus(tf.sub(b, a)));
      },
    });
    return {model, data: [value]};
  },
  'sblrc-blr': ({X, y}) => {
    const [inputs, value] = [tf.tensor2d(X as number[][]), tf.tensor1d(y as number[])];
    const model = createModel({
      parameters: {beta: {prior: normal(0, 10), shape: [5]}, sigma: halfNormal(10)},
      observe: (at) => ({
        y: {distribution: normal(linear(inputs, at.beta as tf.Tensor), each(at, 'sigma')), value},
      }),
    });
    return {model, data: [inputs, value]};
  },
};

/** A statistic's distance from the reference in combined Monte-Carlo standard errors. */
export interface Distance {
  readonly what: string;
  readonly errors: number;
}

const LEVELS = {q05: 0.05, q25: 0.25, q50: 0.5, q75: 0.75, q95: 0.95} as const;

/** Means, sds and quantiles against those of the reference draws, whose own error is that of independent draws. */
export function distances(name: Names, draws: Draws): Distance[] {
  const {reference, draws: count} = readReference(name);
  const scalars = scalarChains(draws);
  return Object.entries(reference).flatMap(([label, values]) => {
    const chains = scalars.get(label.replace(/\[(\d+)\]/, (_, i) => `[${Number(i) - 1}]`));
    if (chains === undefined) throw new Error(`no draws of ${label}`);
    const all = chains.flatMap((chain) => [...chain]);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const sd = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1));
    // reference errors: independent draws of the same distribution, seen through ours
    const thinned = Math.sqrt(all.length / count);
    const shuffled = [Float64Array.from(all, (_, i) => all[(i * 7919) % all.length] as number)];
    const entry = (what: string, ours: number, theirs: number, own: number, independent: number): Distance => ({
      what: `${label} ${what}`,
      errors: Math.abs(ours - theirs) / Math.hypot(own, independent * thinned),
    });
    return [
      entry('mean', mean, values.mean, mcseMean(chains), mcseMean(shuffled)),
      entry('sd', sd, values.sd, mcseSd(chains), mcseSd(shuffled)),
      ...(Object.keys(LEVELS) as (keyof typeof LEVELS)[]).map((quantile) => {
        const level = LEVELS[quantile];
        const own = mcseQuantile(chains, level);
        return entry(quantile, drawsQuantile(chains, level), values[quantile], own, mcseQuantile(shuffled, level));
      }),
    ];
  });
}

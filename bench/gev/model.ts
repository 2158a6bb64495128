import * as tf from '@tensorflow/tfjs-core';
import {
  type AmortizedPosterior,
  type AmortizedSampler,
  affineCouplingFlow,
  amortizedPosterior,
  createModel,
  generalizedExtremeValue,
  halfNormal,
  type Model,
  normal,
  type Simulator,
  statisticsSummary,
  truncatedNormal,
} from '../../inference/index.ts';
import type {Rng} from '../../src/random/index.ts';

/** Annual maxima in a data set. */
const YEARS = 65;
/** Where quartiles and median stand among maxima in descending order. */
const [LOWER, MIDDLE, UPPER] = [16, 32, 48];
/** Where blocks of sorted maxima begin whose means are summaries. */
const EDGES = [0, 1, 2, 3, 5, 8, 12, 17, 23, 29, 36, 42, 48, 53, 57, 60, 62, 63, 64, YEARS];
const SUMMARIES = EDGES.length - 1 + 2;

type Parameters = {readonly mu: tf.Tensor; readonly sigma: tf.Tensor; readonly xi: tf.Tensor};

const maxima = ({mu, sigma, xi}: Parameters) =>
  generalizedExtremeValue(tf.expandDims(mu, 1), tf.expandDims(sigma, 1), tf.expandDims(xi, 1));

/** 65 annual maxima of a generalized extreme value distribution; also takes a data set for each point. */
export const gevModel: Model<tf.Tensor> = createModel<tf.Tensor>({
  parameters: {
    mu: normal(3.8, 0.2),
    sigma: halfNormal(0.3),
    xi: truncatedNormal({scale: 0.2, low: -0.6, high: 0.6}),
  },
  factor: (values, data) => maxima(values as Parameters).logProb(data),
});

/** Data sets of the model, whose prior is what the networks are trained on. */
export const gevSimulator: Simulator = {
  simulate: (rng, count) => {
    const theta = gevModel.samplePrior(rng.fork('parameters'), count);
    const data = tf.tidy(() =>
      maxima(gevModel.constrain(theta) as Parameters).sample(rng.fork('data'), [count, YEARS]),
    );
    return {theta, data};
  },
};

/** Data sets from a prior twice as wide, many of them unlike any that the networks saw: [count, 65]. */
export function widerData(rng: Rng, count: number): tf.Tensor2D {
  return tf.tidy(() => {
    const mu = normal(3.8, 0.4).sample(rng.fork('mu'), [count]);
    const sigma = halfNormal(0.6).sample(rng.fork('sigma'), [count]);
    const xi = truncatedNormal({scale: 0.4, low: -1.2, high: 1.2}).sample(rng.fork('xi'), [count]);
    return maxima({mu, sigma, xi}).sample(rng.fork('data'), [count, YEARS]) as tf.Tensor2D;
  });
}

/** The middle of each data set and the distance of its quartiles, [n, 1], with the maxima in descending order. */
function unitsOf(data: tf.Tensor): {centre: tf.Tensor2D; scale: tf.Tensor2D; sorted: tf.Tensor2D} {
  const sorted = tf.topk(data, YEARS).values as tf.Tensor2D;
  const at = (place: number) => tf.slice(sorted, [0, place], [-1, 1]);
  const [low, high] = [at(UPPER), at(LOWER)];
  return {centre: at(MIDDLE), scale: tf.sub(high, low), sorted};
}

/** Means of neighbours among the sorted maxima, [65, blocks]: few where the tails are, more in the middle. */
function blockMeans(): tf.Tensor2D {
  const weights = new Float32Array(YEARS * (EDGES.length - 1));
  for (let block = 0; block + 1 < EDGES.length; block++) {
    const [from, to] = [EDGES[block] as number, EDGES[block + 1] as number];
    for (let place = from; place < to; place++) weights[place * (EDGES.length - 1) + block] = 1 / (to - from);
  }
  return tf.tensor2d(weights, [YEARS, EDGES.length - 1]);
}

/** Columns (mu, log sigma, logit of xi) in units of the data: mu = centre + scale a, log sigma = log scale + b. */
function columns(theta: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] {
  return tf.split(theta, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
}

/**
 * Networks that learn mu and sigma in units of the data, where the posteriors of all data sets are nearly alike. What is
 * conditioned on are means of neighbours among the sorted maxima in these units, and the units: with all 65 of them the
 * networks learn 10,000 simulations by heart.
 */
export function gevNetworks(): {readonly inUnits: AmortizedPosterior; readonly networks: AmortizedSampler} {
  const inUnits = amortizedPosterior({
    simulator: {
      simulate: async (rng, count) => {
        const {theta, data} = await gevSimulator.simulate(rng, count);
        const relative = tf.tidy(() => {
          const {centre, scale} = unitsOf(data as tf.Tensor);
          const [mu, logSigma, xi] = columns(theta);
          return tf.concat2d([tf.div(tf.sub(mu, centre), scale), tf.sub(logSigma, tf.log(scale)), xi], 1);
        });
        theta.dispose();
        return {theta: relative, data};
      },
    },
    summaryNetwork: statisticsSummary({
      outputDimension: SUMMARIES,
      compute: (data) => {
        const {centre, scale, sorted} = unitsOf(data as tf.Tensor);
        const whole = tf.asinh(tf.div(tf.sub(sorted, centre), scale)) as tf.Tensor2D;
        return tf.concat2d([tf.matMul(whole, blockMeans()), centre, tf.log(scale)], 1);
      },
    }),
    flow: affineCouplingFlow({dimension: 3, contextDimension: SUMMARIES, layers: 4, hidden: [48, 48]}),
  });
  const networks: AmortizedSampler = {
    dimension: 3,
    summaries: (data) => inUnits.summaries(data),
    sample: (data, options) =>
      tf.tidy(() => {
        const {theta, logDensity} = inUnits.sample(data, options);
        const {centre, scale} = unitsOf(data as tf.Tensor);
        const draws = theta.shape[0] / centre.shape[0];
        const each = (units: tf.Tensor2D) => tf.reshape(tf.tile(units, [1, draws]), [-1, 1]);
        const [a, b, xi] = columns(theta);
        const [middle, unit] = [each(centre), each(scale)];
        return {
          theta: tf.concat2d([tf.add(middle, tf.mul(a, unit)), tf.add(b, tf.log(unit)), xi], 1),
          logDensity: tf.sub<tf.Tensor1D>(logDensity, tf.squeeze(tf.log(unit), [1])),
        };
      }),
  };
  return {inUnits, networks};
}

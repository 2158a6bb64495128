import {
  crpsGaussian,
  crpsGaussianMixture,
  crpsSamples,
  exampleScores,
  mixtureVarianceParts,
  pinballLoss,
} from '../../src/metrics/index.ts';
import {logSumExp} from '../../src/special/index.ts';
import {exchangeLeading} from '../read/gather.ts';
import type {DrawsFile, FlatRows, GaussianFile, Labelled, MixtureFile, QuantileFile} from '../read/predictions.ts';

/** Losses of each row by name, all lower for better; scores that are means of such losses have the same names. */
export type Losses = {readonly [name: string]: Float64Array};

/** What every kind of predictions is charged for each row. */
export function exampleLosses(predictions: Labelled): Losses {
  switch (predictions.kind) {
    case 'classification': {
      const {probs, truth} = predictions;
      return {
        negativeLogLikelihood: exampleScores(probs, truth),
        brierScore: exampleScores(probs, truth, {score: 'brier'}),
        errorRate: exampleScores(probs, truth, {score: 'zero-one'}),
      };
    }
    case 'regression':
      return gaussianLosses(predictions);
    case 'mixture':
      return mixtureLosses(predictions);
    case 'draws':
      return drawsLosses(predictions);
    case 'quantiles':
      return quantileLosses(predictions);
  }
}

function gaussianLosses({mean, std, truth}: Labelled<GaussianFile>): Losses {
  return {
    negativeLogLikelihood: truth.map((y, i) => normalLoss(y, mean[i] as number, std[i] as number)),
    crps: truth.map((y, i) => crpsGaussian([mean[i] as number], [std[i] as number], [y])),
    squaredError: truth.map((y, i) => (y - (mean[i] as number)) ** 2),
  };
}

function mixtureLosses({means, stds, truth}: Labelled<MixtureFile>): Losses {
  const [members] = means.shape;
  const [byRow, scales] = [exchangeLeading(means), exchangeLeading(stds)].map(({data}) => data) as [
    Float64Array,
    Float64Array,
  ];
  const of = (data: Float64Array, i: number): Float64Array => data.subarray(i * members, (i + 1) * members);
  const {mean} = mixtureVarianceParts(means, {data: stds.data.map((s) => s * s), shape: stds.shape});
  return {
    negativeLogLikelihood: truth.map((y, i) => {
      const logs = of(byRow, i).map((m, j) => -normalLoss(y, m, of(scales, i)[j] as number));
      return Math.log(members) - logSumExp(logs);
    }),
    crps: truth.map((y, i) => crpsGaussianMixture([of(byRow, i)], [of(scales, i)], [y])),
    squaredError: truth.map((y, i) => (y - (mean[i] as number)) ** 2),
  };
}

function drawsLosses({draws, truth}: Labelled<DrawsFile>): Losses {
  return {
    crps: truth.map((y, i) => crpsSamples([rowOf(draws, i)], [y], {estimator: 'fair'})),
    squaredError: truth.map((y, i) => (y - average(rowOf(draws, i))) ** 2),
  };
}

function quantileLosses({quantiles, levels, truth}: Labelled<QuantileFile>): Losses {
  const middle = levels.indexOf(0.5);
  const pinball = truth.map((y, i) => {
    const row = rowOf(quantiles, i);
    return average(levels.map((quantile, j) => pinballLoss([row[j] as number], [y], {quantile})));
  });
  if (middle < 0) return {pinballLoss: pinball};
  return {
    pinballLoss: pinball,
    absoluteError: truth.map((y, i) => Math.abs(y - (rowOf(quantiles, i)[middle] as number))),
  };
}

/** Numbers of one row. */
export function rowOf({data, shape: [, columns]}: FlatRows, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** Arithmetic mean. */
export function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** -log N(y; mean, std^2). */
function normalLoss(y: number, mean: number, std: number): number {
  return 0.5 * (((y - mean) / std) ** 2 + Math.log(2 * Math.PI)) + Math.log(std);
}

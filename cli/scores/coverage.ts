import {gaussianPit, intervalWidth, samplePit} from '../../src/metrics/index.ts';
import {normalCdf} from '../../src/special/index.ts';
import type {DrawsFile, Labelled, MixtureFile, Predictions, QuantileFile} from '../read/predictions.ts';
import {average, rowOf} from './losses.ts';

/** Means over the rows that describe intervals: coverage and, where it is known, width. */
export type IntervalMeans = {readonly [name: string]: number};

const levels = [0.5, 0.9, 0.95];

/** Coverage and width of central intervals, or of those between quantiles that are there. */
export function intervalMeans(predictions: Labelled<Exclude<Predictions, {kind: 'classification'}>>): IntervalMeans {
  if (predictions.kind === 'quantiles') return betweenQuantiles(predictions);
  if (predictions.kind === 'regression') {
    const {mean, std, truth} = predictions;
    const widths = levels.map((level) => [`width${100 * level}`, intervalWidth(std, {level})] as const);
    return {...coverage(gaussianPit(mean, std, truth)), ...Object.fromEntries(widths)};
  }
  return coverage(predictions.kind === 'mixture' ? mixturePit(predictions) : drawsPit(predictions));
}

function coverage(pit: Float64Array): IntervalMeans {
  const inside = (level: number): number => average(pit.map((p) => Number(Math.abs(p - 0.5) <= level / 2)));
  return Object.fromEntries(levels.map((level) => [`coverage${100 * level}`, inside(level)]));
}

function mixturePit({means, stds, truth}: Labelled<MixtureFile>): Float64Array {
  const [members, rows] = means.shape;
  const pit = new Float64Array(rows);
  for (let at = 0; at < members * rows; at++) {
    const i = at % rows;
    const z = ((truth[i] as number) - (means.data[at] as number)) / (stds.data[at] as number);
    pit[i] = (pit[i] as number) + normalCdf(z) / members;
  }
  return pit;
}

function drawsPit({draws, truth}: Labelled<DrawsFile>): Float64Array {
  return samplePit(draws, truth);
}

/** Coverage and width between each two quantiles of levels p and 1 - p. */
function betweenQuantiles({quantiles, levels: given, truth}: Labelled<QuantileFile>): IntervalMeans {
  const means: {[name: string]: number} = {};
  given.forEach((low, j) => {
    const high = given.findIndex((level) => Math.abs(level - (1 - low)) < 1e-9);
    if (low >= 0.5 || high < 0) return;
    const percent = Number((100 * (1 - 2 * low)).toFixed(6));
    means[`coverage${percent}`] = average(
      truth.map((y, i) =>
        Number(y >= (rowOf(quantiles, i)[j] as number) && y <= (rowOf(quantiles, i)[high] as number)),
      ),
    );
    means[`width${percent}`] = average(
      truth.map((_, i) => (rowOf(quantiles, i)[high] as number) - (rowOf(quantiles, i)[j] as number)),
    );
  });
  return means;
}

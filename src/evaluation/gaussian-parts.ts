import {crpsGaussian, intervalWidth} from '../metrics/index.ts';
import {normalCdf} from '../special/index.ts';
import type {TargetedMoments} from './predictions.ts';

/** What follows from Gaussian predictions, in float64. */
export function gaussianParts(
  mean: Float64Array,
  std: Float64Array,
  targets: Float64Array,
): Pick<TargetedMoments, 'pit' | 'crps' | 'widths'> {
  return {
    pit: targets.map((target, i) => normalCdf((target - (mean[i] as number)) / (std[i] as number))),
    crps: crpsGaussian(mean, std, targets),
    widths: {
      50: intervalWidth(std, {level: 0.5}),
      90: intervalWidth(std, {level: 0.9}),
      95: intervalWidth(std, {level: 0.95}),
    },
  };
}

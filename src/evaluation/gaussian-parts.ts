import {normalCdf, normalPdf, normalQuantile} from '../special/index.ts';
import type {IntervalEnds, TargetedMoments} from './predictions.ts';

/** What follows from Gaussian predictions, in float64. */
export function gaussianParts(
  mean: Float64Array,
  std: Float64Array,
  targets: Float64Array,
): Pick<TargetedMoments, 'pit' | 'crps' | 'ends'> {
  const z = targets.map((target, i) => (target - (mean[i] as number)) / (std[i] as number));
  const pit = z.map(normalCdf);
  const ends = (level: number): IntervalEnds => {
    const reach = normalQuantile((1 + level) / 2);
    return {
      lower: mean.map((m, i) => m - reach * (std[i] as number)),
      upper: mean.map((m, i) => m + reach * (std[i] as number)),
    };
  };
  return {
    pit,
    // Gneiting & Raftery 2007.
    crps: z.map((v, i) => {
      const unit = v * (2 * (pit[i] as number) - 1) + 2 * normalPdf(v) - 1 / Math.sqrt(Math.PI);
      return (std[i] as number) * unit;
    }),
    ends: {50: ends(0.5), 90: ends(0.9), 95: ends(0.95)},
  };
}

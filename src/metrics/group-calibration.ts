import {ConfigError} from '../errors.ts';
import type {Rng} from '../random/rng.ts';
import {intervalCalibrationCurve, miscalibrationArea, quantileCalibrationCurve} from './level-calibration.ts';
import {probabilities} from './uniformity.ts';

/** Options of {@link adversarialGroupCalibration}. */
export interface GroupCalibrationOptions {
  /** The stream that groups are drawn from. */
  readonly rng: Rng;
  /** Shares of all examples that groups have, above 0 and at most 1; ten from 0.01 to 1 by default. */
  readonly groupSizes?: readonly number[];
  /** Groups among which the worst is looked for; 10 by default. */
  readonly draws?: number;
  /** Repetitions that are averaged; 10 by default. */
  readonly trials?: number;
  /** `'interval'` by default, or `'quantile'`: which calibration curve. */
  readonly kind?: 'interval' | 'quantile';
}

/** Calibration of the worst groups found. */
export interface GroupCalibration {
  /** Shares of all examples, as given. */
  readonly groupSizes: Float64Array;
  /** Mean, over trials, of the worst group's miscalibration area. */
  readonly worst: Float64Array;
  /** Standard error of that mean. */
  readonly standardError: Float64Array;
}

/**
 * Adversarial group calibration: the worst miscalibration area among random groups of examples, for several group sizes.
 *
 * A model that is calibrated on average only is far off on small groups; one that is calibrated for every input is off by
 * chance alone (Zhao, Ma & Ermon 2020). Groups are drawn with replacement and have at least two examples.
 *
 * @param pit Predicted distribution functions at the targets, as of {@link gaussianPit} and {@link samplePit}; at least two.
 * @param options See {@link GroupCalibrationOptions}; `rng` is required.
 * @throws DataError for numbers outside [0, 1], or none.
 * @throws ConfigError for group sizes outside (0, 1], or draws or trials that are no positive integers (trials: at least 2).
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {adversarialGroupCalibration} from 'tfjs-bayes/metrics';
 * const pit = createRng(1).uniforms(200);
 * const options = {rng: createRng(2), groupSizes: [0.1, 1], trials: 3};
 * const {worst: [small = 0, whole = 0]} = adversarialGroupCalibration(pit, options);
 * console.log(small > whole); // true: small groups stray farther
 * ```
 */
export function adversarialGroupCalibration(
  pit: ArrayLike<number>,
  {rng, groupSizes = GROUP_SIZES, draws = 10, trials = 10, kind = 'interval'}: GroupCalibrationOptions,
): GroupCalibration {
  const caller = 'adversarialGroupCalibration';
  const values = probabilities(caller, pit);
  checkOptions(caller, groupSizes, draws, trials);
  const curve = kind === 'interval' ? intervalCalibrationCurve : quantileCalibrationCurve;
  const worst = new Float64Array(groupSizes.length);
  const standardError = new Float64Array(groupSizes.length);
  groupSizes.forEach((share, g) => {
    const size = Math.max(2, Math.round(share * values.length));
    const areas = Float64Array.from({length: trials}, () => {
      let area = 0;
      for (let d = 0; d < draws; d++) {
        const group = rng.uniforms(size).map((u) => values[Math.floor(u * values.length)] as number);
        area = Math.max(area, miscalibrationArea(curve(group)));
      }
      return area;
    });
    const mean = areas.reduce((sum, area) => sum + area, 0) / trials;
    const squares = areas.reduce((sum, area) => sum + (area - mean) ** 2, 0);
    worst[g] = mean;
    standardError[g] = Math.sqrt(squares / (trials - 1) / trials);
  });
  return {groupSizes: Float64Array.from(groupSizes), worst, standardError};
}

const GROUP_SIZES = Array.from({length: 10}, (_, i) => 0.01 + 0.11 * i);

function checkOptions(caller: string, groupSizes: readonly number[], draws: number, trials: number): void {
  const wrong = groupSizes.find((share) => !(share > 0 && share <= 1));
  if (wrong !== undefined) {
    throw new ConfigError(
      `${caller}: expected group sizes above 0 and at most 1, got ${wrong}. They are shares of all examples.`,
    );
  }
  if (!(Number.isInteger(draws) && draws > 0 && Number.isInteger(trials) && trials > 1)) {
    throw new ConfigError(
      `${caller}: expected a positive integer for draws and at least 2 trials, got ${draws} and ${trials}. Leave them out for 10.`,
    );
  }
}

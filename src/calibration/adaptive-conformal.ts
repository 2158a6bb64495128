import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {conformalQuantile} from './conformal-quantile.ts';
import {checkLevel} from './inputs.ts';

/** Options of {@link adaptiveConformal}. */
export interface AdaptiveConformalOptions {
  /** Coverage to reach in the long run, between 0 and 1; 0.9 by default. */
  readonly level?: number;
  /** How far one miss moves the level, above 0; 0.01 by default. Larger follows a shift faster and wavers more. */
  readonly stepSize?: number;
}

/**
 * Adaptive conformal inference: thresholds for a stream whose distribution drifts.
 *
 * After every example level_(t+1) = level_t + stepSize (level - covered_t), so that after T examples the share covered is
 * within (max(level, 1 - level) + stepSize) / (stepSize T) of `level`, whatever the stream (Gibbs & Candes 2021).
 *
 * @example
 * ```ts
 * import {adaptiveConformal} from 'tfjs-bayes';
 * const stream = adaptiveConformal({level: 0.8, stepSize: 0.1});
 * const scores = [0.5, 0.2, 0.9, 0.4];
 * const threshold = stream.threshold(scores); // 0.9
 * stream.update(1.3 <= threshold); // missed: the next threshold is Infinity
 * console.log(threshold, stream.level, stream.threshold(scores)); // 0.9, 0.88, Infinity
 * ```
 */
export class AdaptiveConformal {
  /** The coverage to reach in the long run. */
  readonly target: number;
  readonly #stepSize: number;
  #level: number;

  /** Starts at the target level; use {@link adaptiveConformal}. */
  constructor(target: number, stepSize: number) {
    this.target = target;
    this.#stepSize = stepSize;
    this.#level = target;
  }

  /** The level of the next threshold; it may leave [0, 1]. */
  get level(): number {
    return this.#level;
  }

  /**
   * The {@link conformalQuantile} of past scores at the current level: Infinity from level 1 on, -Infinity from 0 down.
   *
   * @param scores Nonconformity scores of past examples, such as the last few hundred.
   * @throws DataError for scores that are not finite, or none.
   */
  threshold(scores: ArrayLike<number>): number {
    const values = finiteVector('AdaptiveConformal.threshold', 'scores', scores);
    if (this.#level >= 1) return Infinity;
    if (this.#level <= 0) return -Infinity;
    return conformalQuantile(values, {level: this.#level});
  }

  /** Takes in whether the last target was covered: its score was at or below the threshold. */
  update(covered: boolean): void {
    this.#level += this.#stepSize * (this.target - Number(covered));
  }
}

/**
 * Starts {@link AdaptiveConformal} inference on a stream.
 *
 * @param options See {@link AdaptiveConformalOptions}.
 * @throws ConfigError for a level outside (0, 1) or a step size that is not positive.
 *
 * @example
 * ```ts
 * import {adaptiveConformal} from 'tfjs-bayes';
 * console.log(adaptiveConformal().level); // 0.9
 * ```
 */
export function adaptiveConformal({level = 0.9, stepSize = 0.01}: AdaptiveConformalOptions = {}): AdaptiveConformal {
  checkLevel('adaptiveConformal', level);
  if (!(stepSize > 0 && stepSize < Infinity)) {
    throw new ConfigError(
      `adaptiveConformal: expected a positive stepSize, got ${stepSize}. 0.005 to 0.05 are common.`,
    );
  }
  return new AdaptiveConformal(level, stepSize);
}

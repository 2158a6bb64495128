import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {normalCdf, normalPdf, normalQuantile} from '../special/normal.ts';
import {GaussianPredictive, type RegressionArrays, readRegression} from './gaussian.ts';
import type {MixturePredictive} from './mixture.ts';
import type {PredictiveBase} from './predictive.ts';
import {checkLevel} from './standard-normal.ts';
import {alignedTargets} from './targets.ts';

/** Levels at which the CRPS averages the pinball loss. */
const LEVELS = 100;

/** A map R of probabilities: rising from (0, 0) to (1, 1), linear between its corners. */
export interface ProbabilityMap {
  /** Ascending predicted probabilities, 0 first and 1 last. */
  readonly x: readonly number[];
  /** Observed probabilities, 0 first and 1 last, rising. */
  readonly y: readonly number[];
}

/**
 * A prediction of one number whose distribution function was recalibrated: p(y <= v) = R(p_base(y <= v)) (Kuleshov, Fenner &
 * Ermon 2018).
 *
 * R is piecewise linear, so everything follows from it exactly: the density is the base's times the slope of R there, the
 * quantile at q the base's at R^(-1)(q), and mean and variance are those of that density. The epistemic and aleatoric parts keep
 * their shares of the variance, because a map of probabilities says nothing about them. Beyond the outermost corners of R the density has
 * the base's tails: where the base is far too narrow, quantiles come right but the log-density of outliers stays bad.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussian, initBackend, RecalibratedPredictive} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.tensor2d([[1.5]]);
 * const base = gaussian({noiseScale: 1}).predictive({mean});
 * if (base.kind !== 'gaussian') throw new Error('unexpected');
 * const map = {x: [0, 0.25, 0.75, 1], y: [0, 0.1, 0.9, 1]};   // targets crowd in the middle
 * const predictive = RecalibratedPredictive.of(base, map);
 * const {variance} = await predictive.toArrays();
 * console.log(variance.data[0]);                              // below 1: narrower than it was
 * predictive.dispose();
 * mean.dispose();
 * ```
 */
export class RecalibratedPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'recalibrated';
  /** Mean of y, shape [N, ..., 1]. */
  readonly mean: tf.Tensor;
  /** Variance that more data would remove, shape [N, ..., 1]. */
  readonly epistemicVariance: tf.Tensor;
  /** Variance that is noise, shape [N, ..., 1]. */
  readonly aleatoricVariance: tf.Tensor;
  /** The prediction before the map; this one disposes it. */
  readonly base: GaussianPredictive | MixturePredictive;
  /** The map R. */
  readonly map: ProbabilityMap;

  /** From a prediction, its moments after the map, and the map; use {@link RecalibratedPredictive.of}. */
  constructor(
    base: GaussianPredictive | MixturePredictive,
    map: ProbabilityMap,
    moments: {
      /** Mean of y. */
      readonly mean: tf.Tensor;
      /** Variance that more data would remove. */
      readonly epistemicVariance: tf.Tensor;
      /** Variance that is noise. */
      readonly aleatoricVariance: tf.Tensor;
    },
  ) {
    this.base = base;
    this.map = map;
    this.mean = moments.mean;
    this.epistemicVariance = moments.epistemicVariance;
    this.aleatoricVariance = moments.aleatoricVariance;
  }

  /**
   * Recalibrates a prediction of one number per position, which is taken over.
   *
   * @param base Gaussian or mixture, with one output.
   * @param map See {@link ProbabilityMap}.
   * @throws ConfigError for several outputs, or a map that does not rise from (0, 0) to (1, 1).
   */
  static of(base: GaussianPredictive | MixturePredictive, map: ProbabilityMap): RecalibratedPredictive {
    checkMap(map);
    if (base.mean.shape.at(-1) !== 1) {
      throw new ConfigError(
        `RecalibratedPredictive.of: expected predictions of one number, got ${base.mean.shape.at(-1)} outputs. Calibrate each ` +
          "output by itself, or scale variances with the method 'variance-scaling'.",
      );
    }
    const [mean, variance] =
      base instanceof GaussianPredictive ? gaussianMoments(base, map) : mixtureMoments(base, map);
    const ratio = tf.tidy(() => tf.div(variance, base.variance()));
    variance.dispose();
    const epistemicVariance = tf.mul(base.epistemicVariance, ratio);
    const aleatoricVariance = tf.mul(base.aleatoricVariance, ratio);
    ratio.dispose();
    return new RecalibratedPredictive(base, map, {mean, epistemicVariance, aleatoricVariance});
  }

  /** Variance of y, shape [N, ..., 1]; the caller owns it. */
  variance(): tf.Tensor {
    return tf.add(this.epistemicVariance, this.aleatoricVariance);
  }

  /**
   * Log-density of each target, shape [N, ...], in nats: that of the base plus the logarithm of the slope of R at the target.
   *
   * @param y targets [N, ..., 1] or [N, ...].
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    const {x, y: heights} = this.map;
    return tf.tidy(() => {
      const level = tf.squeeze(this.base.cdf(y), [-1]);
      let logSlope: tf.Tensor = tf.zerosLike(level);
      for (let j = 1; j < x.length; j++) {
        const [from, to] = [x[j - 1] as number, x[j] as number];
        const slope = ((heights[j] as number) - (heights[j - 1] as number)) / (to - from);
        const inside = tf.logicalAnd(
          tf.greaterEqual(level, from),
          j === x.length - 1 ? tf.lessEqual(level, 1) : tf.less(level, to),
        );
        logSlope = tf.where(inside, tf.fill(level.shape, Math.log(slope)), logSlope);
      }
      return tf.add(this.base.logProb(y), logSlope);
    });
  }

  /** p(y <= value) of each output, R of the base's, shape [N, ..., 1]; `value` as for `logProb`. */
  cdf(value: tf.Tensor): tf.Tensor {
    const {x, y} = this.map;
    return tf.tidy(() => {
      const level = this.base.cdf(value);
      const pieces = x.slice(1).map((to, i) => {
        const from = x[i] as number;
        const slope = ((y[i + 1] as number) - (y[i] as number)) / (to - from);
        return tf.mul(tf.sub(tf.clipByValue(level, from, to), from), slope);
      });
      return tf.addN(pieces);
    });
  }

  /**
   * The value that y stays below with probability `q`: the base's quantile at R^(-1)(q), shape [N, ..., 1].
   *
   * @param q between 0 and 1, both excluded.
   * @throws ConfigError if `q` is outside.
   */
  quantile(q: number): tf.Tensor {
    checkLevel('RecalibratedPredictive.quantile', q);
    const {x, y} = this.map;
    const j = Math.max(
      1,
      y.findIndex((height) => height >= q),
    );
    const [x0, x1, y0, y1] = [x[j - 1], x[j], y[j - 1], y[j]] as [number, number, number, number];
    return this.base.quantile(x0 + ((q - y0) / (y1 - y0)) * (x1 - x0));
  }

  /**
   * Continuous ranked probability score of each output, shape [N, ..., 1], in the units of y: twice the mean pinball loss of
   * the quantiles at the levels 0.005, 0.015, ..., 0.995, within about one part in a thousand.
   *
   * @param y targets, as for `logProb`.
   */
  crps(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const targets = alignedTargets('RecalibratedPredictive.crps', y, this.mean.shape);
      let sum: tf.Tensor = tf.zerosLike(this.mean);
      for (let l = 0; l < LEVELS; l++) {
        const next = tf.tidy(() => {
          const level = (l + 0.5) / LEVELS;
          const gap = tf.sub(targets, this.quantile(level));
          return tf.add(sum, tf.maximum(tf.mul(gap, level), tf.mul(gap, level - 1)));
        });
        sum.dispose();
        sum = next;
      }
      return tf.mul(sum, 2 / LEVELS);
    });
  }

  /** Reads mean and variances back; disposes nothing of the prediction. */
  async toArrays(): Promise<RegressionArrays> {
    return readRegression(this);
  }

  /** Disposes every tensor of the prediction, and its base. */
  dispose(): void {
    const {mean, epistemicVariance, aleatoricVariance, base} = this;
    tf.dispose({mean, epistemicVariance, aleatoricVariance});
    base.dispose();
  }
}

function checkMap({x, y}: ProbabilityMap): void {
  const rising = (values: readonly number[]): boolean =>
    values[0] === 0 && values.at(-1) === 1 && values.every((v, i) => i === 0 || v > (values[i - 1] as number));
  if (x.length === y.length && rising(x) && rising(y)) return;
  throw new ConfigError(
    'RecalibratedPredictive.of: expected a map that rises from (0, 0) to (1, 1), got another. Fit one with ' +
      "fitCalibration and the method 'pit'.",
  );
}

function slopes({x, y}: ProbabilityMap): number[] {
  return x.slice(1).map((to, i) => ((y[i + 1] as number) - (y[i] as number)) / (to - (x[i] as number)));
}

/** Of a standard normal the moments after the map are numbers; others are shifted and scaled. */
function gaussianMoments(base: GaussianPredictive, map: ProbabilityMap): [tf.Tensor, tf.Tensor] {
  const ends = map.x.map((p) => (p === 0 ? -Infinity : p === 1 ? Infinity : normalQuantile(p)));
  let [first, second] = [0, 0];
  slopes(map).forEach((slope, j) => {
    const [a, b] = [ends[j] as number, ends[j + 1] as number];
    const edge = (z: number): number => (Number.isFinite(z) ? z * normalPdf(z) : 0);
    first += slope * (normalPdf(a) - normalPdf(b));
    second += slope * (normalCdf(b) - normalCdf(a) + edge(a) - edge(b));
  });
  return tf.tidy(() => {
    const variance = base.variance();
    const mean = tf.add(base.mean, tf.mul(tf.sqrt(variance), first));
    return [mean, tf.mul(variance, second - first * first)] as [tf.Tensor, tf.Tensor];
  });
}

/** The same for each member of a mixture, cut where the mixture's own quantiles lie. */
function mixtureMoments(base: MixturePredictive, map: ProbabilityMap): [tf.Tensor, tf.Tensor] {
  const inner = map.x.slice(1, -1);
  const rate = slopes(map);
  return tf.tidy(() => {
    const weights = tf.reshape(base.weights, [-1, ...base.mean.shape.map(() => 1)]);
    const deviation = tf.broadcastTo(tf.sqrt(base.variances), base.means.shape);
    // About the base's mean, which keeps float32 digits.
    const offset = tf.sub(base.means, base.mean);
    const parts = (cut: tf.Tensor | undefined): [tf.Tensor, tf.Tensor] => {
      if (cut === undefined) return [tf.zerosLike(offset), tf.zerosLike(offset)];
      const z = tf.div(tf.sub(cut, base.means), deviation);
      const density = tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [density, tf.mul(density, z)];
    };
    const below = (cut: tf.Tensor | undefined, none: number): tf.Tensor =>
      cut === undefined
        ? tf.fill(offset.shape, none)
        : tf.mul(tf.add(tf.erf(tf.div(tf.sub(cut, base.means), tf.mul(deviation, Math.SQRT2))), 1), 0.5);
    let [first, second]: [tf.Tensor, tf.Tensor] = [tf.zerosLike(base.mean), tf.zerosLike(base.mean)];
    const cuts = [undefined, ...inner.map((p) => base.quantile(p)), undefined];
    rate.forEach((slope, j) => {
      const [low, high] = [cuts[j], cuts[j + 1]];
      const mass = tf.sub(below(high, 1), below(low, 0));
      const [d0, e0] = parts(low);
      const [d1, e1] = parts(high);
      const shift = tf.mul(deviation, tf.sub(d0, d1));
      const spread = tf.mul(tf.square(deviation), tf.add(mass, tf.sub(e0, e1)));
      const one = tf.add(tf.mul(offset, mass), shift);
      const two = tf.addN([tf.mul(tf.square(offset), mass), tf.mul(tf.mul(offset, shift), 2), spread]);
      first = tf.add(first, tf.mul(tf.sum(tf.mul(one, weights), 0), slope));
      second = tf.add(second, tf.mul(tf.sum(tf.mul(two, weights), 0), slope));
    });
    return [tf.add(base.mean, first), tf.sub(second, tf.square(first))] as [tf.Tensor, tf.Tensor];
  });
}

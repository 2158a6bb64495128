import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {gaussianPrior} from '../../../src/priors/index.ts';
import type {Rng} from '../../../src/random/index.ts';
import type {AddVariable, FamilyStart, WeightFamily} from './family.ts';
import {LocationFamily} from './location-family.ts';
import {meanFieldSpread} from './mean-field.ts';

/**
 * A rank-1 posterior (Dusenberry et al. 2020): w = mean * (r s^T), a point for the mean and mean-field Gaussians for a factor r of
 * each input and s of each output, the last two axes of the weight. A weight with one axis has the factor s alone.
 *
 * The prior is on the factors, N(1, factorScale^2); the mean has none, so that the prior of the layer is not asked. The factors
 * start with the spread that gives the elements the root mean square of the standard deviations asked for, at most `factorScale`.
 */
export class RankOneFamily implements WeightFamily {
  readonly shape: readonly number[];
  readonly variables: readonly LayerVariable[];
  readonly drawn: readonly LayerVariable[];
  readonly independent = false;
  readonly gaussian = false;
  readonly #mean: LayerVariable;
  readonly #factors: readonly LocationFamily[];
  readonly #factorScale: number;

  /** @internal */
  constructor(
    shape: number[],
    addVariable: AddVariable,
    start: FamilyStart,
    {factorScale, floor}: {factorScale: number; floor: number},
  ) {
    const shapes = shape.length < 2 ? [shape] : [[shape.at(-2) as number, 1], shape.slice(-1)];
    const names = shape.length < 2 ? ['output'] : ['input', 'output'];
    this.shape = shape;
    this.#factorScale = factorScale;
    this.#mean = addVariable('mean', shape, () => tf.clone(start.mean));
    const scale = tf.tidy(() => factorStart(start, shapes.length, factorScale));
    this.#factors = shapes.map((factorShape, i) => {
      const add: AddVariable = (suffix, ...rest) => addVariable(`${names[i]}_${suffix}`, ...rest);
      const mean = add('mean', factorShape, () => tf.ones(factorShape));
      const scales = tf.tidy(() => tf.mul(tf.ones(factorShape), scale));
      const factor = new LocationFamily(factorShape, mean, meanFieldSpread(factorShape, add, scales, floor));
      scales.dispose();
      return factor;
    });
    scale.dispose();
    this.variables = [this.#mean, ...this.#factors.flatMap((factor) => factor.variables)];
    this.drawn = this.#factors.flatMap((factor) => factor.drawn);
  }

  mean(): tf.Tensor {
    return tf.tidy(() => this.#times((factor) => factor.mean()));
  }

  variance(): tf.Tensor {
    return tf.tidy(() => {
      // Of a product of independent factors, without the cancellation in E[(r s)^2] - E[r s]^2.
      const [, variance] = this.#factors.reduce<[tf.Tensor, tf.Tensor]>(
        ([square, spread], factor) => {
          const [m2, v] = [tf.square(factor.mean()), factor.variance()];
          return [tf.mul(square, m2), tf.add(tf.mul(spread, tf.add(m2, v)), tf.mul(square, v))];
        },
        [tf.scalar(1), tf.scalar(0)],
      );
      return tf.mul(tf.square(this.#mean.read()), variance);
    });
  }

  sample(rng: Rng): tf.Tensor {
    return tf.tidy(() => this.#times((factor) => factor.sample(rng)));
  }

  draw(rng: Rng): tf.Tensor[] {
    return this.#factors.flatMap((factor) => factor.draw(rng));
  }

  closedForm(): boolean {
    return true;
  }

  klDivergence(_prior: unknown, rng: Rng): tf.Scalar {
    const prior = gaussianPrior({mean: 1, scale: this.#factorScale});
    return tf.tidy(() => tf.addN(this.#factors.map((factor) => factor.klDivergence(prior, rng))));
  }

  #times(read: (factor: LocationFamily) => tf.Tensor): tf.Tensor {
    return this.#factors.reduce<tf.Tensor>((product, factor) => tf.mul(product, read(factor)), this.#mean.read());
  }
}

/** Standard deviation sigma of each of `count` factors: w^2 ((1 + sigma^2)^count - 1) = scale^2, in the mean over the weights. */
function factorStart({mean, scale}: FamilyStart, count: number, most: number): tf.Tensor {
  const spread = tf.mean(tf.square(tf.mul(tf.onesLike(mean), scale)));
  const ratio = tf.div(spread, tf.maximum(tf.mean(tf.square(mean)), 1e-30));
  const squared = tf.sub(tf.pow(tf.add(ratio, 1), 1 / count), 1);
  return tf.minimum(tf.sqrt(squared), most);
}

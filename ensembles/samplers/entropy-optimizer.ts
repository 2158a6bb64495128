import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {checkPositive} from '../checks.ts';
import type {Schedule} from '../cyclical.ts';
import {noiseOf, SamplerOptimizer, type SamplerOptions, type Site} from './sampler-optimizer.ts';

/** Options of `entropyMcmc`. */
export interface EntropyMcmcOptions extends SamplerOptions {
  /** Variance eta of the distance between weights and anchor: the width of the basins looked for. Default 4e-4, the paper's. */
  readonly anchorVariance?: number;
}

/** Two coupled Langevin chains, the model's weights and an anchor, as a tfjs optimizer; made by `entropyMcmc`. */
export class EntropyOptimizer extends SamplerOptimizer {
  /** Name under which tfjs knows the class. */
  static readonly className = 'BayesEntropyOptimizer';
  readonly #anchorVariance: number;

  /** Use `entropyMcmc`. */
  constructor(learningRate: number | Schedule, options: EntropyMcmcOptions) {
    super(learningRate, options, 'entropyMcmc');
    const {anchorVariance = 4e-4, trainSize} = options;
    this.#anchorVariance = checkPositive(anchorVariance, 'anchorVariance', 'entropyMcmc');
    if (typeof learningRate === 'number' && learningRate >= anchorVariance * trainSize) {
      throw new ConfigError(
        `entropyMcmc: expected a learningRate below anchorVariance trainSize = ${anchorVariance * trainSize}, got ` +
          `${learningRate}: the chains would overshoot each other. Lower it, or raise anchorVariance.`,
      );
    }
  }

  /** The anchor of a variable, owned by the optimizer; undefined before the first step. */
  anchor(variable: tf.Variable | {readonly name: string}): tf.Tensor | undefined {
    return this.states.find(variable.name)?.get('anchor');
  }

  /** Its numbers, schedules as their value at the current step. */
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), anchorVariance: this.#anchorVariance};
  }

  /** @internal */
  protected override advance(site: Site): tf.Tensor {
    const {variable, slope, state, learningRate, trainSize} = site;
    const anchor = state.get('anchor') ?? variable;
    const pull = tf.mul(tf.sub(variable, anchor), learningRate / (this.#anchorVariance * trainSize));
    const [noise, anchorNoise] = [noiseOf(site, 1), noiseOf(site, 1)];
    const movedAnchor = tf.add(anchor, pull);
    state.set('anchor', anchorNoise ? tf.add(movedAnchor, anchorNoise) : movedAnchor);
    const moved = tf.sub(tf.sub(variable, tf.mul(slope, learningRate)), pull);
    return noise ? tf.add(moved, noise) : moved;
  }
}

import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {checkPositive} from '../checks.ts';
import type {Schedule} from '../cyclical.ts';
import {noiseOf, SamplerOptimizer, type SamplerOptions, type Site} from './sampler-optimizer.ts';

/** Options of `sgnht`. */
export interface SgnhtOptions extends SamplerOptions {
  /** Friction at the start, and what the added noise pays for, above 0 and up to 1. Default 0.05. */
  readonly friction?: number;
  /** How fast the friction follows the temperature of the momentum, per step. Default 0.001. */
  readonly thermostatRate?: number;
}

/** Langevin dynamics whose friction is a thermostat, as a tfjs optimizer; made by `sgnht`. */
export class NoseHooverOptimizer extends SamplerOptimizer {
  /** Name under which tfjs knows the class. */
  static readonly className = 'BayesNoseHooverOptimizer';
  readonly #friction: number;
  readonly #rate: number;

  /** Use `sgnht`. */
  constructor(learningRate: number | Schedule, options: SgnhtOptions) {
    super(learningRate, options, 'sgnht');
    const {friction = 0.05, thermostatRate = 0.001} = options;
    if (!(friction > 0 && friction <= 1)) {
      throw new ConfigError(`sgnht: expected friction above 0 and up to 1, got ${friction}. Try 0.05.`);
    }
    this.#friction = friction;
    this.#rate = checkPositive(thermostatRate, 'thermostatRate', 'sgnht');
  }

  /** The friction as it is now for a variable; the caller disposes it. */
  friction(variable: tf.Variable | {readonly name: string}): tf.Scalar {
    return tf.clone(this.states.find(variable.name)?.get('friction') ?? tf.scalar(this.#friction)) as tf.Scalar;
  }

  /** Its numbers, schedules as their value at the current step. */
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), friction: this.#friction, thermostatRate: this.#rate};
  }

  /** @internal */
  protected override advance(site: Site): tf.Tensor {
    const {variable, slope, state, learningRate, temperature, trainSize} = site;
    const friction = state.get('friction') ?? tf.scalar(this.#friction);
    // A momentum at rest would first drive the friction down: the first one is drawn from its stationary law.
    const thermal = (learningRate * temperature) / trainSize;
    const momentum = state.get('momentum') ?? tf.mul(site.normals(), Math.sqrt(thermal));
    const noise = noiseOf(site, this.#friction);
    const pushed = tf.sub(tf.mul(momentum, tf.sub(1, friction)), tf.mul(slope, learningRate));
    const move = noise ? tf.add(pushed, noise) : pushed;
    state.set('momentum', move);
    // Steps of this length at temperature T have momenta of variance thermal / (1 - friction / 2).
    const warmth = tf.mul(tf.mean(tf.square(move)), tf.sub(1, tf.div(friction, 2)));
    const excess = thermal > 0 ? tf.sub(tf.div(warmth, thermal), 1) : tf.scalar(0);
    state.set('friction', tf.minimum(tf.add(friction, tf.mul(excess, this.#rate)), 1));
    return tf.add(variable, move);
  }
}

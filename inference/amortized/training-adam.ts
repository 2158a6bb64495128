import * as tf from '@tensorflow/tfjs-core';
import {flattenWeights, unflattenWeights} from '../../src/models/index.ts';

const [FIRST_DECAY, SECOND_DECAY, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * Adam (Kingma and Ba, 2015) on all variables as one vector: networks of many small weights then take some twenty tensor
 * operations a step, where an update for each variable takes fourteen times their number.
 *
 * The gradient's norm is cut at `clipNorm`.
 */
export class FlatAdam {
  readonly #variables: readonly tf.Variable[];
  readonly #clipNorm: number;
  readonly #first: tf.Variable<tf.Rank.R1>;
  readonly #second: tf.Variable<tf.Rank.R1>;
  #steps = 0;

  constructor(variables: readonly tf.Variable[], clipNorm: number) {
    this.#variables = variables;
    this.#clipNorm = clipNorm;
    const size = variables.reduce((sum, variable) => sum + variable.size, 0);
    [this.#first, this.#second] = tf.tidy(() => [tf.variable(tf.zeros([size])), tf.variable(tf.zeros([size]))]) as [
      tf.Variable<tf.Rank.R1>,
      tf.Variable<tf.Rank.R1>,
    ];
  }

  /** One step down the gradients, by variable name. */
  step(gradients: tf.NamedTensorMap, learningRate: number): void {
    this.#steps++;
    tf.tidy(() => {
      const raw = flattenWeights(this.#variables.map(({name}) => gradients[name] as tf.Tensor));
      const norm = tf.sqrt(tf.sum(tf.square(raw)));
      const gradient = tf.mul(raw, tf.div(this.#clipNorm, tf.maximum(norm, this.#clipNorm)));
      const first = tf.add(tf.mul(this.#first, FIRST_DECAY), tf.mul(gradient, 1 - FIRST_DECAY));
      const squares = tf.mul(tf.square(gradient), 1 - SECOND_DECAY);
      const second = tf.add(tf.mul(this.#second, SECOND_DECAY), squares);
      const rate = learningRate / (1 - FIRST_DECAY ** this.#steps);
      const deviation = tf.add(tf.sqrt(tf.div(second, 1 - SECOND_DECAY ** this.#steps)), EPSILON);
      const change = tf.mul(tf.div(first, deviation), rate);
      const next = tf.sub(flattenWeights(this.#variables), change) as tf.Tensor1D;
      this.#first.assign(first as tf.Tensor1D);
      this.#second.assign(second as tf.Tensor1D);
      assignAll(this.#variables, next);
    });
  }

  /** Both moments and the number of steps. */
  async getState(): Promise<{first: Float32Array; second: Float32Array; steps: number}> {
    const [first, second] = await Promise.all([this.#first.data(), this.#second.data()]);
    return {first: Float32Array.from(first), second: Float32Array.from(second), steps: this.#steps};
  }

  /** Goes on from a state. */
  setState({first, second, steps}: {first: Float32Array; second: Float32Array; steps: number}): void {
    this.#steps = steps;
    tf.tidy(() => {
      this.#first.assign(tf.tensor1d(first));
      this.#second.assign(tf.tensor1d(second));
    });
  }

  dispose(): void {
    tf.dispose([this.#first, this.#second]);
  }
}

/** Gives all variables the values of one vector. */
export function assignAll(variables: readonly tf.Variable[], flat: tf.Tensor1D): void {
  tf.tidy(() => {
    for (const [i, value] of unflattenWeights(flat, variables).entries()) variables[i]?.assign(value);
  });
}

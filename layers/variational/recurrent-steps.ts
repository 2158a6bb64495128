import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {RandomWeight} from './random-weight.ts';
import type {StockLayer} from './stock.ts';
import type {VariationalWeights} from './variational-weights.ts';

/** A recurrent cell of tfjs-layers: the parts that a step needs. */
export interface StockCell extends StockLayer {
  readonly units: number;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly kernel: LayerVariable | RandomWeight;
  readonly recurrentKernel: LayerVariable | RandomWeight;
  readonly bias: LayerVariable | RandomWeight | null;
  readonly recurrentActivation?: StockLayer['activation'];
}

/** What the matrices of a cell make of input and state, each example with the signs of its own. */
interface FlippedMaps {
  /** x kernel + bias. */
  input(x: tf.Tensor): tf.Tensor;
  /** h times the columns of the recurrent kernel from `start`, `size` of them; all without them. */
  recurrent(h: tf.Tensor, start?: number, size?: number): tf.Tensor;
}

/**
 * One step of a cell under Flipout: as the stock cell without dropout, but the weights of each example are
 *
 *     W_n = mean + deviation * (s_n r_n^T),   s_n, r_n signs that stay through the sequence
 *
 * so that every example has one draw of the weights for all of its steps. Gives [output, ...states].
 */
export function flippedStep(cell: StockCell, q: VariationalWeights, [x, ...states]: tf.Tensor[]): tf.Tensor[] {
  const step = STEPS[cell.getClassName().replace(/^Bayes/, '')] as Step;
  return step(cell, flippedMaps(cell, q), x as tf.Tensor, states);
}

type Step = (cell: StockCell, maps: FlippedMaps, x: tf.Tensor, states: tf.Tensor[]) => tf.Tensor[];

const STEPS: Readonly<Record<string, Step>> = {
  SimpleRNNCell: (cell, maps, x, [h]) => {
    const output = activate(cell.activation, tf.add(maps.input(x), maps.recurrent(h as tf.Tensor)));
    return [output, output];
  },
  LSTMCell: (cell, maps, x, [h, c]) => {
    const z = tf.add(maps.input(x), maps.recurrent(h as tf.Tensor));
    const [z0, z1, z2, z3] = tf.split(z, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const gate = (one: tf.Tensor): tf.Tensor => activate(cell.recurrentActivation, one);
    const carry = tf.add(tf.mul(gate(z1), c as tf.Tensor), tf.mul(gate(z0), activate(cell.activation, z2)));
    const output = tf.mul(gate(z3), activate(cell.activation, carry));
    return [output, output, carry];
  },
  GRUCell: (cell, maps, x, [h]) => {
    const {units} = cell;
    const [xUpdate, xReset, xCandidate] = tf.split(maps.input(x), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [hUpdate, hReset] = tf.split(maps.recurrent(h as tf.Tensor, 0, 2 * units), 2, 1) as [tf.Tensor, tf.Tensor];
    const update = activate(cell.recurrentActivation, tf.add(xUpdate, hUpdate));
    const reset = activate(cell.recurrentActivation, tf.add(xReset, hReset));
    const hCandidate = maps.recurrent(tf.mul(reset, h as tf.Tensor), 2 * units, units);
    const candidate = activate(cell.activation, tf.add(xCandidate, hCandidate));
    const output = tf.add(tf.mul(update, h as tf.Tensor), tf.mul(tf.sub(1, update), candidate));
    return [output, output];
  },
};

function activate(activation: StockLayer['activation'], z: tf.Tensor): tf.Tensor {
  return activation?.apply(z) ?? z;
}

function flippedMaps({kernel, recurrentKernel, bias}: StockCell, q: VariationalWeights): FlippedMaps {
  const flipped = (x: tf.Tensor, weight: RandomWeight, start: number, size: number): tf.Tensor => {
    const [n, inputs] = x.shape as [number, number];
    const columns = (matrix: tf.Tensor): tf.Tensor2D =>
      size === matrix.shape[1] ? (matrix as tf.Tensor2D) : tf.slice(matrix as tf.Tensor2D, [0, start], [inputs, size]);
    const s = q.signs(`${weight.name} in`, [n, inputs]);
    const r = q.signs(`${weight.name} out ${start}`, [n, size]);
    const mean = tf.matMul(x as tf.Tensor2D, columns(weight.family.mean()));
    const turned = tf.matMul(tf.mul<tf.Tensor2D>(x, s), columns(weight.deviation as tf.Tensor));
    return tf.add(mean, tf.mul(turned, r));
  };
  const width = (weight: RandomWeight): number => weight.shape[1] as number;
  return {
    input: (x) => {
      const z = flipped(x, kernel as RandomWeight, 0, width(kernel as RandomWeight));
      if (bias === null) return z;
      const withMean = tf.add(z, bias.read());
      if (!(bias instanceof RandomWeight)) return withMean;
      const r = q.signs('bias', z.shape);
      return tf.add(withMean, tf.mul(bias.deviation as tf.Tensor, r));
    },
    recurrent: (h, start = 0, size = width(recurrentKernel as RandomWeight)) =>
      flipped(h, recurrentKernel as RandomWeight, start, size),
  };
}

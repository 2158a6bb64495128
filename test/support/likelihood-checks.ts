import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {closeTo, type Tolerance} from './close.ts';

/** R R^T equals `fisher(f)`. */
export async function rootMatchesFisher(likelihood: Likelihood, f: tf.Tensor, tolerance: Tolerance): Promise<void> {
  const [square, fisher] = tf.tidy(() => {
    const root = likelihood.fisherRoot?.(f);
    if (root === undefined) throw new Error('expected a fisherRoot');
    return [tf.matMul(root, root, false, true), likelihood.fisher(f)];
  }) as [tf.Tensor, tf.Tensor];
  closeTo(await square.data(), await fisher.data(), tolerance);
  tf.dispose([square, fisher]);
}

/** `fisherProduct(f, v)` equals `fisher(f) v`. */
export async function productMatchesFisher(likelihood: Likelihood, f: tf.Tensor, v: tf.Tensor, tolerance: Tolerance) {
  const [product, dense] = tf.tidy(() => [
    likelihood.fisherProduct(f, v),
    tf.sum(tf.mul(likelihood.fisher(f), tf.expandDims(v, -2)), -1),
  ]) as [tf.Tensor, tf.Tensor];
  closeTo(await product.data(), await dense.data(), tolerance);
  tf.dispose([product, dense]);
}

/** `fisher(f)` equals the Hessian of `negLogProb` at `y` by central differences of its gradient. */
export async function fisherIsHessian(likelihood: Likelihood, f: tf.Tensor, y: tf.Tensor, tolerance: Tolerance) {
  const size = f.shape.at(-1) ?? 0;
  const step = 1e-2;
  const [columns, fisher] = tf.tidy(() => {
    const gradient = tf.grad((at) => tf.sum(likelihood.negLogProb(at, y)));
    const differences: tf.Tensor[] = [];
    for (let c = 0; c < size; c++) {
      const move = tf.mul(tf.slice(tf.eye(size), c, 1), step);
      differences.push(tf.div(tf.sub(gradient(tf.add(f, move)), gradient(tf.sub(f, move))), 2 * step));
    }
    return [tf.stack(differences, -1), likelihood.fisher(f)];
  }) as [tf.Tensor, tf.Tensor];
  closeTo(await columns.data(), await fisher.data(), tolerance);
  tf.dispose([columns, fisher]);
}

/** The gradient of `loss` with respect to its predictions equals central differences. */
export async function lossGradientMatches(likelihood: Likelihood, f: tf.Tensor, y: tf.Tensor, tolerance: Tolerance) {
  const gradient = tf.tidy(() => tf.grad((at) => likelihood.loss(y, at))(f));
  const values = await f.data();
  const differences: number[] = [];
  const step = 1e-2;
  for (let i = 0; i < values.length; i++) {
    const [up, down] = [step, -step].map((move) => {
      const moved = Float32Array.from(values, (value, j) => (j === i ? value + move : value));
      return tf.tidy(() => likelihood.loss(y, tf.tensor(moved, f.shape)));
    }) as [tf.Scalar, tf.Scalar];
    differences.push((((await up.data())[0] as number) - ((await down.data())[0] as number)) / (2 * step));
    tf.dispose([up, down]);
  }
  closeTo(await gradient.data(), differences, tolerance);
  gradient.dispose();
}

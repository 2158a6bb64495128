import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {countInputs, type Inputs, sliceInputs} from '../src/models/index.ts';
import type {Host} from './host.ts';

/** The targets of `x` in the form that the likelihood takes, which may be `y` itself; throws `ShapeError` where they do not fit. */
export async function targetsFor(
  {net}: Host,
  likelihood: Likelihood,
  {x, y}: {readonly x: Inputs; readonly y: tf.Tensor},
  caller: string,
): Promise<tf.Tensor> {
  const count = countInputs(x, caller);
  if (y.shape[0] !== count) {
    throw new ShapeError(
      `${caller}: expected y with ${count} examples on its first axis like x, got [${y.shape}]. Give one target for each example.`,
    );
  }
  const inner = tf.tidy(() => net.outputs(sliceInputs(x, 0, 1)).shape.slice(1));
  return likelihood.prepareTargets(y, [count, ...inner], caller);
}

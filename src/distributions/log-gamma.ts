import * as tf from '@tensorflow/tfjs-core';
import {logGamma} from '../predictive/gamma-functions.ts';
import {lgamma} from '../special/index.ts';
import type {Parameter} from './distribution.ts';

/** log Gamma of a parameter; of a plain number in float64, which saves some forty tensor operations. */
export function logGammaOf(parameter: Parameter): tf.Tensor {
  return typeof parameter === 'number' ? tf.scalar(lgamma(parameter)) : logGamma(parameter);
}

import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../src/errors.ts';

/** A value and how to differentiate it. */
interface Written<T extends tf.Tensor> {
  readonly value: T;
  /** What the gradients need. */
  readonly saved: readonly tf.Tensor[];
  /** The gradients in each of the inputs, of those in the value and of what is saved. */
  gradients(upstream: tf.Tensor, ...saved: tf.Tensor[]): tf.Tensor[];
}

/**
 * The value as a function of the inputs, with gradients in closed form: where tfjs differentiates step by step, every step costs
 * some operations more, which is most of what a small tensor costs.
 *
 * First derivatives only: to a gradient of the gradient what is saved would be constant.
 *
 * @throws ConfigError in the backward pass of a gradient inside of a gradient.
 */
export function withGradient<T extends tf.Tensor>(inputs: readonly tf.Tensor[], compute: () => Written<T>): T {
  const operation = tf.customGrad((...given) => {
    const save = given.at(-1) as unknown as tf.GradSaveFunc;
    const {value, saved, gradients} = compute();
    save([...saved]);
    return {
      value,
      gradFunc(upstream, kept) {
        refuseSecond();
        return gradients(upstream, ...kept);
      },
    };
  });
  return operation(...inputs) as T;
}

function refuseSecond(): void {
  if (tf.engine().state.gradientDepth === 0) return;
  throw new ConfigError(
    'VBLL losses: expected to be differentiated once, got a gradient inside of a gradient. Take the inner gradient before the outer ' +
      'one begins.',
  );
}

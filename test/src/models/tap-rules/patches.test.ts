import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {patches, type Window} from '../../../../src/models/tap-rules/patches.ts';
import {closeTo} from '../../../support/close.ts';
import {expectNoLeak} from '../../../support/leaks.ts';
import {onBackend, wave} from '../models.ts';

describe('patches', () => {
  it('times the flattened kernel are the convolution, whatever strides, dilations, padding and sizes', () =>
    onBackend('cpu', async () => {
      for (const [height, width] of [
        [5, 8],
        [6, 7],
      ] as const) {
        for (const size of [
          [1, 1],
          [2, 3],
          [3, 2],
        ] as const) {
          for (const padding of ['same', 'valid'] as const) {
            for (const [strides, dilations] of [
              [
                [1, 1],
                [1, 1],
              ],
              [
                [2, 3],
                [1, 1],
              ],
              [
                [3, 1],
                [1, 1],
              ],
              [
                [1, 1],
                [2, 2],
              ],
              [
                [1, 1],
                [1, 3],
              ],
            ] as const) {
              const window: Window = {size, strides, dilations, padding};
              const image = wave([2, height, width, 2], 0) as tf.Tensor4D;
              const kernel = wave([...size, 2, 3], 1) as tf.Tensor4D;
              const expected = tf.conv2d(image, kernel, [...strides], padding, 'NHWC', [...dilations]);
              const actual = tf.matMul(
                tf.reshape(patches(image, window), [-1, size[0] * size[1] * 2]),
                tf.reshape(kernel, [-1, 3]),
              );
              expect(actual.shape[0], JSON.stringify(window)).to.equal(expected.size / 3);
              closeTo(await actual.data(), await expected.data(), {rtol: 1e-4, atol: 1e-5});
            }
          }
        }
      }
    }));

  it('leak nothing', () =>
    expectNoLeak(() => {
      const image = wave([2, 5, 6, 2], 0) as tf.Tensor4D;
      patches(image, {size: [3, 3], strides: [2, 2], dilations: [1, 1], padding: 'same'}).dispose();
      image.dispose();
    }));
});

import * as tf from '@tensorflow/tfjs-core';

/** How a convolution's window moves over an image [N, H, W, C]. */
export interface Window {
  /** Height and width of the kernel. */
  readonly size: readonly [number, number];
  /** Steps between neighbouring positions. */
  readonly strides: readonly [number, number];
  /** Steps between neighbouring taps of the kernel. */
  readonly dilations: readonly [number, number];
  /** 'same' pads with zeros so that stride one keeps the size; 'valid' does not pad. */
  readonly padding: 'same' | 'valid';
}

/**
 * What each tap of the kernel sees at each position: `size[0] * size[1]` images [N, outH, outW, C], row by row.
 *
 * Made of pad, reshape and slice alone, which every backend has together with their gradients.
 */
function windowTaps(image: tf.Tensor4D, {size, strides, dilations, padding}: Window): tf.Tensor4D[] {
  const [examples, height, width, channels] = image.shape;
  const info = tf.backend_util.computeConv2DInfo(
    image.shape,
    [size[0], size[1], channels, 1],
    [strides[0], strides[1]],
    [dilations[0], dilations[1]],
    padding,
  );
  const {top, left} = info.padInfo;
  const [outHeight, outWidth] = [info.outHeight, info.outWidth];
  const rows = extent(outHeight, size[0], strides[0], dilations[0]);
  const columns = extent(outWidth, size[1], strides[1], dilations[1]);
  const padded = tf.pad4d(image, [
    [0, 0],
    [top, Math.max(0, rows - top - height)],
    [left, Math.max(0, columns - left - width)],
    [0, 0],
  ]);
  const whole = padded.shape[1] === rows && padded.shape[2] === columns;
  const cut = whole ? padded : tf.slice(padded, [0, 0, 0, 0], [examples, rows, columns, channels]);
  // Cut into (block, phase), an axis takes a strided slice as a plain one; tfjs has no gradient for a strided slice.
  const byRow = tf.reshape(cut, [examples, rows / strides[0], strides[0], columns * channels]) as tf.Tensor4D;
  const along = (line: tf.Tensor4D, across: number): tf.Tensor =>
    tf.slice(
      tf.reshape(line, [examples * outHeight, columns * channels]) as tf.Tensor2D,
      [0, across * channels],
      [examples * outHeight, outWidth * channels],
    );
  const strided = (line: tf.Tensor4D, across: number): tf.Tensor =>
    tf.slice(
      tf.reshape(line, [examples * outHeight, columns / strides[1], strides[1], channels]) as tf.Tensor4D,
      [0, Math.floor(across / strides[1]), across % strides[1], 0],
      [examples * outHeight, outWidth, 1, channels],
    );
  const taps: tf.Tensor4D[] = [];
  for (let i = 0; i < size[0]; i++) {
    const down = i * dilations[0];
    const line = tf.slice(
      byRow,
      [0, Math.floor(down / strides[0]), down % strides[0], 0],
      [examples, outHeight, 1, columns * channels],
    );
    for (let j = 0; j < size[1]; j++) {
      const across = j * dilations[1];
      const tap = strides[1] === 1 ? along(line, across) : strided(line, across);
      taps.push(tf.reshape(tap, [examples, outHeight, outWidth, channels]));
    }
  }
  return taps;
}

/**
 * What every tap sees side by side: [N, outH * outW, size[0] * size[1], C]. Put one behind the other first and transposed
 * then, which tfjs-wasm does ten times faster than a concatenation of short pieces.
 */
export function windowPatches(image: tf.Tensor4D, window: Window): tf.Tensor4D {
  return tf.tidy(() => {
    const [examples, , , channels] = image.shape;
    const taps = windowTaps(image, window).map((tap) => tf.reshape(tap, [-1, channels]));
    const stacked = tf.reshape(tf.concat(taps, 0), [taps.length, -1, channels]);
    return tf.reshape(tf.transpose(stacked, [1, 0, 2]), [examples, -1, taps.length, channels]) as tf.Tensor4D;
  });
}

/**
 * The patches under a convolution's window, unfolded: [N, outH * outW, size[0] * size[1] * C], the last axis in the order
 * of a kernel [size[0], size[1], C, out].
 */
export function patches(image: tf.Tensor4D, window: Window): tf.Tensor3D {
  return tf.tidy(() => {
    const unfolded = windowPatches(image, window);
    const [examples, positions, taps, channels] = unfolded.shape;
    return tf.reshape(unfolded, [examples, positions, taps * channels]);
  });
}

/** Length of an axis that holds every tap of every position and divides into whole strides. */
function extent(positions: number, size: number, stride: number, dilation: number): number {
  return (positions + Math.floor(((size - 1) * dilation) / stride)) * stride;
}

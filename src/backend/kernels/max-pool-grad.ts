import type {MaxPoolGradAttrs} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import type {Kernel} from './wasm.ts';
import {floats, input, zeros} from './wasm.ts';

/** The inputs of one window: where its first pixel begins, and how many rows and columns lie inside the image. */
interface Window {
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
}

interface Buffers {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly dy: Float32Array;
  readonly dx: Float32Array;
  readonly channels: number;
  /** Numbers in one row of the image. */
  readonly rowSize: number;
}

/**
 * `MaxPoolGrad`: the gradient of each window goes to its first largest input, as on the other backends; tfjs-backend-wasm
 * sends it to the last, and loses it where all inputs are negative.
 */
export const maxPoolGrad: Kernel = {
  name: 'MaxPoolGrad',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'input');
    const dy = input(inputs, 'dy');
    const y = input(inputs, 'output');
    const {filterSize, strides, pad, dimRoundingMode} = attrs as unknown as MaxPoolGradAttrs;
    const shape = x.shape as [number, number, number, number];
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const out = zeros(backend, shape);
    if (util.sizeFromShape(dy.shape) === 0) return out;
    const {inHeight, inWidth, inChannels: channels} = info;
    const buffers: Buffers = {
      x: floats(backend, x),
      y: floats(backend, y),
      dy: floats(backend, dy),
      dx: floats(backend, out),
      channels,
      rowSize: inWidth * channels,
    };
    for (let image = 0, output = 0; image < info.batchSize; image++) {
      for (let i = 0; i < info.outHeight; i++) {
        const top = i * info.strideHeight - info.padInfo.top;
        const row = Math.max(0, top);
        const rows = Math.min(inHeight, top + info.filterHeight) - row;
        for (let j = 0; j < info.outWidth; j++, output += channels) {
          const left = j * info.strideWidth - info.padInfo.left;
          const column = Math.max(0, left);
          const columns = Math.min(inWidth, left + info.filterWidth) - column;
          const first = ((image * inHeight + row) * inWidth + column) * channels;
          if (rows === 2 && columns === 2) scatterFromFour(buffers, first, output);
          else scatter(buffers, {first, rows, columns}, output);
        }
      }
    }
    return out;
  },
};

// Both loops find the maximum without a branch that depends on the data: such branches are mispredicted half the time and
// cost more than the search. The last comparison fails for NaN alone.

function scatterFromFour({x, y, dy, dx, channels, rowSize}: Buffers, first: number, output: number): void {
  const toNextRow = rowSize - channels;
  for (let c = 0; c < channels; c++) {
    const largest = y[output + c] as number;
    const start = first + c;
    const notFirst = -(x[start] !== largest);
    const notSecond = notFirst & -(x[start + channels] !== largest);
    const notThird = notSecond & -(x[start + rowSize] !== largest);
    const at = start + (channels & notFirst) + (toNextRow & notSecond) + (channels & notThird);
    if (x[at] === largest) dx[at] = (dx[at] as number) + (dy[output + c] as number);
  }
}

function scatter({x, y, dy, dx, channels, rowSize}: Buffers, {first, rows, columns}: Window, output: number): void {
  const toNextRow = rowSize - (columns - 1) * channels;
  const steps = rows * columns - 1;
  for (let c = 0; c < channels; c++) {
    const largest = y[output + c] as number;
    let at = first + c;
    let walking = -1;
    for (let step = 1, column = 1; step <= steps; step++, column++) {
      walking &= -(x[at] !== largest);
      if (column === columns) column = 0;
      at += (column === 0 ? toNextRow : channels) & walking;
    }
    if (x[at] === largest) dx[at] = (dx[at] as number) + (dy[output + c] as number);
  }
}

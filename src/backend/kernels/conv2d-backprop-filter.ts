import type {Conv2DBackpropFilterAttrs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {ConfigError} from '../../errors.ts';
import type {ConvGrid} from './conv-grid.ts';
import {convGrid, inputsByChannel, outputsByCell, tapOf} from './conv-grid.ts';
import {product} from './matmul.ts';
import type {Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, withWindows, zeros} from './wasm.ts';

/** Below this many channels all taps are gathered into one product, because the fast routine wants several rows. */
const WINDOWS_FROM_CHANNELS = 4;

/** Numbers of the larger side that are worked on at a time, so that they stay in the cache. */
const CHUNK = 131072;

/**
 * `Conv2DBackpropFilter`: for each tap, the product of the inputs that it reads, [channels, cells] in a {@link ConvGrid},
 * with the gradients of the outputs, [cells, filters].
 */
export const conv2DBackpropFilter: Kernel = {
  name: 'Conv2DBackpropFilter',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const {strides, pad, dataFormat, dimRoundingMode, filterShape} = attrs as unknown as Conv2DBackpropFilterAttrs;
    requireChannelsLast('Conv2DBackpropFilter', dataFormat);
    const shape = x.shape as [number, number, number, number];
    const info = backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
    if (util.sizeFromShape(x.shape) * util.sizeFromShape(dy.shape) === 0) return zeros(backend, filterShape);
    const perImage = (size: readonly number[]): number => util.sizeFromShape(size.slice(1));
    const largest = Math.max(perImage(x.shape), perImage(dy.shape));
    const images = Math.max(1, Math.floor(CHUNK / largest));
    const total = zeros(backend, filterShape);
    for (let first = 0; first < info.batchSize; first += images) {
      const count = Math.min(images, info.batchSize - first);
      const part = withWindows(
        backend,
        [
          [x, first * perImage(x.shape), [count, ...x.shape.slice(1)]],
          [dy, first * perImage(dy.shape), [count, ...dy.shape.slice(1)]],
        ],
        (xs, dys) => ofImages(backend, {...info, batchSize: count}, xs as TensorInfo, dys as TensorInfo),
      );
      const sum = floats(backend, total);
      const values = floats(backend, part);
      for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) + (values[k] as number);
      release(backend, part);
    }
    return total;
  },
};

function ofImages(backend: WasmBackend, info: backend_util.Conv2DInfo, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const grid = convGrid(info);
  const taps = Array.from({length: info.filterHeight * info.filterWidth}, (_, tap) =>
    tapOf(grid, Math.floor(tap / info.filterWidth), tap % info.filterWidth),
  );
  const rows = inputsByChannel(backend, grid, x);
  const columns = outputsByCell(backend, grid, dy);
  const channels = info.inChannels;
  const starts = taps.map(({phase, shift}) => grid.guard + phase * channels * grid.cells + shift);
  const each = channels < WINDOWS_FROM_CHANNELS ? gathered : tapByTap;
  const out = each(backend, grid, rows, columns, starts, channels);
  release(backend, rows, columns);
  return out;
}

/** Refuses a channels-first convolution, as the forward kernels of tfjs-backend-wasm do. */
function requireChannelsLast(kernel: string, dataFormat: string): void {
  if (dataFormat === 'NHWC') return;
  throw new ConfigError(
    `${kernel}: expected dataFormat NHWC on the wasm backend, got ${dataFormat}. Build the layer with dataFormat 'channelsLast'.`,
  );
}

function gathered(
  backend: WasmBackend,
  {cells}: ConvGrid,
  rows: TensorInfo,
  columns: TensorInfo,
  starts: readonly number[],
  channels: number,
): TensorInfo {
  const matrix = backend.makeOutput([starts.length * channels, cells], 'float32');
  const to = floats(backend, matrix);
  const from = floats(backend, rows);
  const size = channels * cells;
  starts.forEach((start, tap) => {
    to.set(from.subarray(start, start + size), tap * size);
  });
  const out = product(backend, matrix, columns);
  release(backend, matrix);
  return out;
}

function tapByTap(
  backend: WasmBackend,
  {cells}: ConvGrid,
  rows: TensorInfo,
  columns: TensorInfo,
  starts: readonly number[],
  channels: number,
): TensorInfo {
  const size = channels * (columns.shape[1] as number);
  const out = backend.makeOutput([starts.length * size], 'float32');
  starts.forEach((start, tap) => {
    const part = withWindows(backend, [[rows, start, [channels, cells]]], (a) =>
      product(backend, a as TensorInfo, columns),
    );
    floats(backend, out).set(floats(backend, part), tap * size);
    release(backend, part);
  });
  return out;
}

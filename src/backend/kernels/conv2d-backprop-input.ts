import type {Conv2DBackpropInputAttrs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import type {Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, runStock, zeros} from './wasm.ts';

type Conv2DInfo = backend_util.Conv2DInfo;

/** One axis of the convolution that yields the gradient. */
interface Axis {
  readonly stride: number;
  /** Taps of the filter that any one input meets. */
  readonly taps: number;
  readonly before: number;
  readonly after: number;
  /** How many gradients of each phase there are, and where the first input lies among them. */
  readonly cells: number;
  readonly offset: number;
}

/**
 * `Conv2DBackpropInput` as one forward convolution of dy with the turned filter.
 *
 * With a stride s, the inputs p, p + s, p + 2s ... (one phase) meet only every s-th tap, so each phase is a convolution of
 * its own with a smaller filter: all phases are computed at once as so many output channels and then woven together.
 */
export const conv2DBackpropInput: Kernel = {
  name: 'Conv2DBackpropInput',
  run(backend, inputs, attrs) {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const {strides, pad, dataFormat, dimRoundingMode, inputShape} = attrs as unknown as Conv2DBackpropInputAttrs;
    const info = backend_util.computeConv2DInfo(
      inputShape,
      filter.shape as [number, number, number, number],
      strides,
      1,
      pad,
      dimRoundingMode,
      false,
      backend_util.convertConv2DDataFormat(dataFormat),
    );
    const rows = axis(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top);
    const columns = axis(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left);
    if (dataFormat !== 'NHWC' || Math.min(rows.before, rows.after, columns.before, columns.after) < 0) {
      return runStock(backend, 'Conv2DBackpropInput', inputs, attrs);
    }
    if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return zeros(backend, inputShape);
    const turned = turnedFilter(backend, filter, info, rows, columns);
    const phases = runStock(
      backend,
      'Conv2D',
      {x: dy, filter: turned},
      {
        strides: 1,
        pad: [
          [0, 0],
          [rows.before, rows.after],
          [columns.before, columns.after],
          [0, 0],
        ],
        dataFormat: 'NHWC',
        dilations: 1,
      },
    );
    release(backend, turned);
    if (rows.stride === 1 && columns.stride === 1) return phases;
    const out = woven(backend, phases, info, rows, columns);
    release(backend, phases);
    return out;
  },
};

function axis(input: number, output: number, stride: number, filter: number, padBefore: number): Axis {
  const taps = Math.ceil(filter / stride);
  const skipped = Math.floor(padBefore / stride);
  const cells = Math.floor((input - 1 + padBefore) / stride) - skipped + 1;
  return {
    stride,
    taps,
    before: taps - 1 - skipped,
    after: cells + skipped - output,
    cells,
    offset: padBefore - skipped * stride,
  };
}

/** The filter [H, W, C, K] turned by half and split by phases: [rows.taps, columns.taps, K, phase, C]. */
function turnedFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  info: Conv2DInfo,
  rows: Axis,
  columns: Axis,
): TensorInfo {
  const {filterHeight, filterWidth, inChannels, outChannels} = info;
  const phases = rows.stride * columns.stride;
  const out = zeros(backend, [rows.taps, columns.taps, outChannels, phases * inChannels]);
  const to = floats(backend, out);
  const from = floats(backend, filter);
  let source = 0;
  for (let i = 0; i < filterHeight; i++) {
    const row = rows.taps - 1 - Math.floor(i / rows.stride);
    for (let j = 0; j < filterWidth; j++) {
      const column = columns.taps - 1 - Math.floor(j / columns.stride);
      const phase = (i % rows.stride) * columns.stride + (j % columns.stride);
      const base = (row * columns.taps + column) * outChannels * phases + phase;
      for (let c = 0; c < inChannels; c++) {
        for (let k = 0; k < outChannels; k++) {
          to[(base + k * phases) * inChannels + c] = from[source++] as number;
        }
      }
    }
  }
  return out;
}

function woven(backend: WasmBackend, phases: TensorInfo, info: Conv2DInfo, rows: Axis, columns: Axis): TensorInfo {
  const {batchSize, inHeight, inWidth, inChannels} = info;
  const out = backend.makeOutput(info.inShape, 'float32');
  const to = floats(backend, out);
  const from = floats(backend, phases);
  let target = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let i = 0; i < inHeight; i++) {
      const row = i + rows.offset;
      const rowStart = (image * rows.cells + Math.floor(row / rows.stride)) * columns.cells;
      const rowPhase = (row % rows.stride) * columns.stride;
      for (let j = 0; j < inWidth; j++) {
        const column = j + columns.offset;
        const cell = rowStart + Math.floor(column / columns.stride);
        const phase = rowPhase + (column % columns.stride);
        let source = (cell * rows.stride * columns.stride + phase) * inChannels;
        for (let c = 0; c < inChannels; c++) to[target++] = from[source++] as number;
      }
    }
  }
  return out;
}

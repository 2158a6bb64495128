import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {columnSum} from './column-sum.ts';
import {convGrid, inputsByCell, outputsByCell, tapOf} from './conv-grid.ts';
import type {Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, runStock, withWindows, zeros} from './wasm.ts';

type Conv2DInfo = backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

/**
 * `DepthwiseConv2dNativeBackpropFilter`: for each tap, the inputs that it reads times the gradients of the outputs, channel
 * by channel, summed over all cells of a `ConvGrid`.
 */
export const depthwiseBackpropFilter: Kernel = {
  name: 'DepthwiseConv2dNativeBackpropFilter',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const {strides, dilations, pad, dimRoundingMode, filterShape} =
      attrs as unknown as DepthwiseConv2dNativeBackpropFilterAttrs;
    const info = backend_util.computeConv2DInfo(
      x.shape as Shape4D,
      filterShape,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    );
    if (util.sizeFromShape(x.shape) * util.sizeFromShape(dy.shape) === 0) return zeros(backend, filterShape);
    const grid = convGrid(info);
    const channels = info.outChannels;
    const shape = [grid.cells, channels];
    const read = inputsByCell(backend, grid, x, channels / info.inChannels);
    const gradients = outputsByCell(backend, grid, dy);
    const out = backend.makeOutput(filterShape, 'float32');
    for (let i = 0; i < info.filterHeight; i++) {
      for (let j = 0; j < info.filterWidth; j++) {
        const {phase, shift} = tapOf(grid, i * info.dilationHeight, j * info.dilationWidth);
        const start = (grid.guard + phase * grid.cells + shift) * channels;
        const products = withWindows(backend, [[read, start, shape]], (a) =>
          runStock(backend, 'Multiply', {a, b: gradients}),
        );
        const total = columnSum(backend, products, grid.cells, channels);
        floats(backend, out).set(floats(backend, total), (i * info.filterWidth + j) * channels);
        release(backend, products, total);
      }
    }
    release(backend, read, gradients);
    return out;
  },
};

/**
 * `DepthwiseConv2dNativeBackpropInput` as one forward depthwise convolution: dy, spread apart by the stride, with the turned
 * filter; the channels that grew from one input channel are added up.
 */
export const depthwiseBackpropInput: Kernel = {
  name: 'DepthwiseConv2dNativeBackpropInput',
  run(backend, inputs, attrs) {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const {strides, dilations, pad, dimRoundingMode, inputShape} =
      attrs as unknown as DepthwiseConv2dNativeBackpropInputAttrs;
    const info = backend_util.computeConv2DInfo(
      inputShape,
      filter.shape as Shape4D,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    );
    if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return zeros(backend, inputShape);
    const spread = spreadApart(backend, dy, info);
    const turned = turnedFilter(backend, filter, info);
    const gradients = runStock(
      backend,
      'DepthwiseConv2dNative',
      {x: spread, filter: turned},
      {
        strides: 1,
        pad: 'valid',
        dilations: [info.dilationHeight, info.dilationWidth],
        dataFormat: 'NHWC',
      },
    );
    release(backend, spread, turned);
    if (info.outChannels === info.inChannels) return gradients;
    const grouped = {...gradients, shape: [...inputShape, info.outChannels / info.inChannels]};
    const out = runStock(backend, 'Sum', {x: grouped}, {axis: [4], keepDims: false});
    release(backend, gradients);
    return out;
  },
};

/** dy with stride - 1 zeros between neighbours and the padding that makes the result as large as the inputs. */
function spreadApart(backend: WasmBackend, dy: TensorInfo, info: Conv2DInfo): TensorInfo {
  const {batchSize, inHeight, inWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth} = info;
  const reachDown = info.effectiveFilterHeight - 1;
  const reachRight = info.effectiveFilterWidth - 1;
  const height = inHeight + reachDown;
  const width = inWidth + reachRight;
  const out = zeros(backend, [batchSize, height, width, outChannels]);
  const to = floats(backend, out);
  const from = floats(backend, dy);
  for (let image = 0; image < batchSize; image++) {
    for (let i = 0; i < outHeight; i++) {
      const row = i * strideHeight + reachDown - info.padInfo.top;
      if (row < 0 || row >= height) continue;
      for (let j = 0; j < outWidth; j++) {
        const column = j * strideWidth + reachRight - info.padInfo.left;
        if (column < 0 || column >= width) continue;
        const source = ((image * outHeight + i) * outWidth + j) * outChannels;
        const target = ((image * height + row) * width + column) * outChannels;
        for (let c = 0; c < outChannels; c++) to[target + c] = from[source + c] as number;
      }
    }
  }
  return out;
}

/** The filter [H, W, C, M] turned by half, as one filter for each of the C M output channels: [H, W, C M, 1]. */
function turnedFilter(backend: WasmBackend, filter: TensorInfo, info: Conv2DInfo): TensorInfo {
  const {filterHeight, filterWidth, outChannels} = info;
  const taps = filterHeight * filterWidth;
  const out = backend.makeOutput([filterHeight, filterWidth, outChannels, 1], 'float32');
  const to = floats(backend, out);
  const from = floats(backend, filter);
  for (let tap = 0; tap < taps; tap++) {
    to.set(from.subarray(tap * outChannels, (tap + 1) * outChannels), (taps - 1 - tap) * outChannels);
  }
  return out;
}

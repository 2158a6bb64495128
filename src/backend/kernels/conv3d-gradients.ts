import type {
  Conv3DBackpropFilterV2Attrs,
  Conv3DBackpropInputV2Attrs,
  NamedAttrMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {conv2DBackpropFilter} from './conv2d-backprop-filter.ts';
import {conv2DBackpropInput} from './conv2d-backprop-input.ts';
import type {Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, withWindows, zeros} from './wasm.ts';

type Conv3DInfo = backend_util.Conv3DInfo;
type Shape5D = [number, number, number, number, number];

/** Pairs of image slices, counted over the whole batch, that one depth of the filter connects. */
interface Slices {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * `Conv3DBackpropFilterV2` as a gradient of a 2D convolution for each depth of the filter; that of tfjs-backend-wasm is wrong
 * with strides.
 */
export const conv3DBackpropFilter: Kernel = {
  name: 'Conv3DBackpropFilterV2',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const {strides, pad, filterShape} = attrs as unknown as Conv3DBackpropFilterV2Attrs;
    const info = backend_util.computeConv3DInfo(x.shape as Shape5D, filterShape, strides, 1, pad);
    const out = zeros(backend, filterShape);
    if (util.sizeFromShape(dy.shape) * util.sizeFromShape(x.shape) === 0) return out;
    const planeShape = filterShape.slice(1);
    const size = util.sizeFromShape(planeShape);
    for (let depth = 0; depth < info.filterDepth; depth++) {
      const slices = connected(info, depth);
      if (slices.inputs.length === 0) continue;
      const xs = gathered(backend, x, slices.inputs);
      const dys = gathered(backend, dy, slices.outputs);
      const plane = conv2DBackpropFilter.run(backend, {x: xs, dy: dys}, flat(info, {filterShape: planeShape}));
      floats(backend, out).set(floats(backend, plane), depth * size);
      release(backend, xs, dys, plane);
    }
    return out;
  },
};

/** `Conv3DBackpropInputV2` likewise; that of tfjs-backend-wasm is wrong. */
export const conv3DBackpropInput: Kernel = {
  name: 'Conv3DBackpropInputV2',
  run(backend, inputs, attrs) {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const {strides, pad, inputShape} = attrs as unknown as Conv3DBackpropInputV2Attrs;
    const info = backend_util.computeConv3DInfo(inputShape, filter.shape as Shape5D, strides, 1, pad);
    const out = zeros(backend, inputShape);
    if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return out;
    const planeShape = filter.shape.slice(1);
    for (let depth = 0; depth < info.filterDepth; depth++) {
      const slices = connected(info, depth);
      if (slices.inputs.length === 0) continue;
      const dys = gathered(backend, dy, slices.outputs);
      const more = {inputShape: [slices.inputs.length, ...inputShape.slice(2)]};
      const plane: readonly [TensorInfo, number, number[]] = [
        filter,
        depth * util.sizeFromShape(planeShape),
        planeShape,
      ];
      const dxs = withWindows(backend, [plane], (window) =>
        conv2DBackpropInput.run(backend, {dy: dys, filter: window}, flat(info, more)),
      );
      addSlices(backend, out, dxs, slices.inputs);
      release(backend, dys, dxs);
    }
    return out;
  },
};

function connected({batchSize, inDepth, outDepth, strideDepth, padInfo}: Conv3DInfo, depth: number): Slices {
  const inputs: number[] = [];
  const outputs: number[] = [];
  for (let image = 0; image < batchSize; image++) {
    for (let output = 0; output < outDepth; output++) {
      const at = output * strideDepth + depth - padInfo.front;
      if (at < 0 || at >= inDepth) continue;
      inputs.push(image * inDepth + at);
      outputs.push(image * outDepth + output);
    }
  }
  return {inputs, outputs};
}

/** The attributes of the 2D convolution across one slice. */
function flat({strideHeight, strideWidth, padInfo}: Conv3DInfo, more: NamedAttrMap): NamedAttrMap {
  const {top, bottom, left, right} = padInfo;
  const pad = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return {strides: [strideHeight, strideWidth], pad, dataFormat: 'NHWC', ...more};
}

function gathered(backend: WasmBackend, x: TensorInfo, slices: readonly number[]): TensorInfo {
  const shape = x.shape.slice(2);
  const size = util.sizeFromShape(shape);
  const out = backend.makeOutput([slices.length, ...shape], 'float32');
  const to = floats(backend, out);
  const from = floats(backend, x);
  slices.forEach((slice, i) => {
    to.set(from.subarray(slice * size, (slice + 1) * size), i * size);
  });
  return out;
}

function addSlices(backend: WasmBackend, total: TensorInfo, parts: TensorInfo, slices: readonly number[]): void {
  const size = util.sizeFromShape(parts.shape.slice(1));
  const to = floats(backend, total);
  const from = floats(backend, parts);
  let source = 0;
  for (const slice of slices) {
    const end = (slice + 1) * size;
    for (let target = slice * size; target < end; target++) {
      to[target] = (to[target] as number) + (from[source++] as number);
    }
  }
}

import type {MaxPool3DAttrs} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import type {Kernel} from './wasm.ts';
import {floats, input, zeros} from './wasm.ts';

type Conv3DInfo = backend_util.Conv3DInfo;
type Shape5D = [number, number, number, number, number];

/** `MaxPool3D`; that of tfjs-backend-wasm gives zero for a window of negative inputs. */
export const maxPool3D: Kernel = {
  name: 'MaxPool3D',
  run(backend, inputs, attrs) {
    const x5D = input(inputs, 'x');
    const info = poolInfo(x5D.shape, attrs as unknown as MaxPool3DAttrs);
    const out = backend.makeOutput(info.outShape, 'float32');
    const x = floats(backend, x5D);
    const y = floats(backend, out).fill(Number.NEGATIVE_INFINITY);
    eachWindow(info, (pixels, output) => {
      for (const pixel of pixels) {
        for (let c = 0; c < info.inChannels; c++) {
          y[output + c] = Math.max(y[output + c] as number, x[pixel + c] as number);
        }
      }
    });
    return out;
  },
};

/** `MaxPool3DGrad`: the gradient of each window goes to its last largest input, as on the cpu backend. */
export const maxPool3DGrad: Kernel = {
  name: 'MaxPool3DGrad',
  run(backend, inputs, attrs) {
    const x5D = input(inputs, 'input');
    const gradients = input(inputs, 'dy');
    const info = poolInfo(x5D.shape, attrs as unknown as MaxPool3DAttrs);
    const out = zeros(backend, x5D.shape);
    const x = floats(backend, x5D);
    const dy = floats(backend, gradients);
    const dx = floats(backend, out);
    eachWindow(info, (pixels, output) => {
      for (let c = 0; c < info.inChannels; c++) {
        let largest = Number.NEGATIVE_INFINITY;
        let at = -1;
        for (const pixel of pixels) {
          const value = x[pixel + c] as number;
          if (value >= largest) {
            largest = value;
            at = pixel + c;
          }
        }
        if (at >= 0) dx[at] = (dx[at] as number) + (dy[output + c] as number);
      }
    });
    return out;
  },
};

function poolInfo(shape: readonly number[], {filterSize, strides, pad, dimRoundingMode}: MaxPool3DAttrs): Conv3DInfo {
  return backend_util.computePool3DInfo([...shape] as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);
}

/** Calls `visit` for each window with where its pixels begin in x, in order, and where its output begins in y. */
function eachWindow(info: Conv3DInfo, visit: (pixels: readonly number[], output: number) => void): void {
  const {inDepth, inHeight, inWidth, inChannels, padInfo} = info;
  let output = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let i = 0; i < info.outDepth; i++) {
      const depths = span(i * info.strideDepth - padInfo.front, info.filterDepth, inDepth);
      for (let j = 0; j < info.outHeight; j++) {
        const rows = span(j * info.strideHeight - padInfo.top, info.filterHeight, inHeight);
        for (let k = 0; k < info.outWidth; k++) {
          const columns = span(k * info.strideWidth - padInfo.left, info.filterWidth, inWidth);
          const pixels: number[] = [];
          for (const depth of depths) {
            for (const row of rows) {
              const start = ((image * inDepth + depth) * inHeight + row) * inWidth;
              for (const column of columns) pixels.push((start + column) * inChannels);
            }
          }
          visit(pixels, output);
          output += inChannels;
        }
      }
    }
  }
}

/** The indices of a window that lie inside the image. */
function span(start: number, size: number, limit: number): number[] {
  const first = Math.max(0, start);
  return Array.from({length: Math.max(0, Math.min(limit, start + size) - first)}, (_, i) => first + i);
}

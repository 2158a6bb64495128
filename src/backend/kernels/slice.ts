import {slice_util, type Tensor, util} from '@tensorflow/tfjs-core';
import {input, type Kernel, runStock} from './wasm.ts';

/** Rows shorter than this are copied element by element: a view for each costs more. */
const SHORT_ROW = 32;

/**
 * `Slice` that reads only the window: tfjs-backend-wasm copies the whole tensor first, so that walking through N rows in
 * batches of B costs N / B copies of everything.
 */
export const slice: Kernel = {
  name: 'Slice',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    if (x.dtype === 'string' || x.dtype === 'complex64') return runStock(backend, 'Slice', inputs, attrs);
    const [begin = [], size = []] = slice_util.parseSliceParams(
      x as Tensor,
      attrs.begin as number[],
      attrs.size as number[],
    );
    const out = backend.makeOutput(size, x.dtype);
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(out);
    if (to.length === 0) return out;

    // Axes from `inner` on are taken whole, so that a row of the output is one run of the input.
    let inner = x.shape.length;
    while (inner > 0 && size[inner - 1] === x.shape[inner - 1]) inner--;
    const rowAxis = Math.max(inner - 1, 0);
    const strides = util.computeStrides([...x.shape, 1]);
    const row = util.sizeFromShape(size.slice(rowAxis));
    const position = begin.slice(0, rowAxis);
    let source = begin.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
    for (let target = 0; ; ) {
      if (row < SHORT_ROW) for (let i = 0; i < row; i++) to[target + i] = from[source + i] as number;
      else to.set(from.subarray(source, source + row), target);
      target += row;
      if (target >= to.length) return out;
      // The next row: like an odometer, the last axis first.
      for (let axis = rowAxis - 1; axis >= 0; axis--) {
        const start = begin[axis] as number;
        const length = size[axis] as number;
        const stride = strides[axis] as number;
        const at = (position[axis] as number) + 1;
        source += stride;
        if (at < start + length) {
          position[axis] = at;
          break;
        }
        position[axis] = start;
        source -= length * stride;
      }
    }
  },
};

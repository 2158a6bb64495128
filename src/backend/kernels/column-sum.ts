import type {SumAttrs, TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, runStock, share, withWindows, zeros} from './wasm.ts';

/** Up to this many numbers a plain loop adds them as fast. */
const PLAIN_UP_TO = 4096;

/**
 * `Sum` over the leading axes, as in the gradient of every bias, by adding the lower half to the upper half again and again;
 * tfjs-backend-wasm transposes the whole tensor first, and leaves the sum of nothing unset. Other sums are left to it.
 */
export const sum: Kernel = {
  name: 'Sum',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const {axis, keepDims} = attrs as unknown as SumAttrs;
    const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const size = util.sizeFromShape(x.shape);
    if (x.dtype !== 'float32') return runStock(backend, 'Sum', inputs, attrs);
    if (size === 0) return zeros(backend, reducedShape(x.shape, axes, keepDims));
    const leading = axes.length < x.shape.length && axes.every((a, i) => a === i);
    if (!leading) return runStock(backend, 'Sum', inputs, attrs);
    const columns = util.sizeFromShape(x.shape.slice(axes.length));
    const out = columnSum(backend, x, size / columns, columns);
    return {...out, shape: reducedShape(x.shape, axes, keepDims)};
  },
};

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [size]));
}

/** The sum over the rows of x, taken as a matrix [rows, columns]. */
export function columnSum(backend: WasmBackend, x: TensorInfo, rows: number, columns: number): TensorInfo {
  let part = share(backend, x, x.shape);
  const odd: TensorInfo[] = [];
  while (rows > 1 && rows * columns > PLAIN_UP_TO) {
    const half = rows >> 1;
    const shape = [half * columns];
    const next = withWindows(
      backend,
      [
        [part, 0, shape],
        [part, half * columns, shape],
      ],
      (a, b) => runStock(backend, 'Add', {a, b}),
    );
    if (rows % 2 === 1) odd.push(lastRow(backend, part, rows, columns));
    release(backend, part);
    part = next;
    rows = half;
  }
  const out = backend.makeOutput([columns], 'float32');
  const total = new Float64Array(columns);
  for (const [info, count] of [[part, rows] as const, ...odd.map((row) => [row, 1] as const)]) {
    const values = floats(backend, info);
    for (let i = 0, r = 0; r < count; r++) {
      for (let c = 0; c < columns; c++) total[c] = (total[c] as number) + (values[i++] as number);
    }
  }
  floats(backend, out).set(total);
  release(backend, part, ...odd);
  return out;
}

function lastRow(backend: WasmBackend, x: TensorInfo, rows: number, columns: number): TensorInfo {
  const row = backend.makeOutput([columns], 'float32');
  const values = floats(backend, x);
  floats(backend, row).set(values.subarray((rows - 1) * columns, rows * columns));
  return row;
}

import type {Kernel} from './wasm.ts';
import {input, runStock, share} from './wasm.ts';

/** `Identity` that shares the data: every gradient keeps its inputs through it, and tfjs-backend-wasm copies them. */
export const identity: Kernel = {
  name: 'Identity',
  run(backend, inputs) {
    const x = input(inputs, 'x');
    return share(backend, x, x.shape);
  },
};

/**
 * `Cast` that shares the data where the type stays the same, as in the gradient of relu. To bool it makes 1 of all that is
 * not 0, where tfjs-backend-wasm cuts the number off to a byte.
 */
export const cast: Kernel = {
  name: 'Cast',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    if (attrs.dtype === x.dtype) return share(backend, x, x.shape);
    if (attrs.dtype !== 'bool') return runStock(backend, 'Cast', inputs, attrs);
    const out = backend.makeOutput(x.shape, 'bool');
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(out);
    for (let i = 0; i < from.length; i++) to[i] = Number(from[i] !== 0);
    return out;
  },
};

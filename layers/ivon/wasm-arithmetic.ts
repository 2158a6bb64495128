import * as tf from '@tensorflow/tfjs-core';
import {type HeapLoops, heapLoops} from '../../src/backend/kernels/heap-loops.ts';
import {floats, unsetTensor, type WasmBackend} from '../../src/backend/kernels/wasm.ts';
import type {LoopSpec} from '../../src/backend/kernels/wasm-loop.ts';
import type {Arithmetic} from './arithmetic.ts';

/** Arrays: mean, precision, noise (normals before), sampled. Constant: scale. */
const SAMPLE: LoopSpec<'sample'> = {
  name: 'sample',
  arrays: 4,
  constants: 1,
  body({load, constant, keep, add, mul, div, sqrt}) {
    const noise = keep(mul(constant(0), div(load(2), sqrt(load(1)))));
    return [
      [2, noise],
      [3, add(load(0), noise)],
    ];
  },
};

/**
 * Arrays: mean, gradient, curvature, precision, momentum, then the new mean, precision and momentum. Constants: those of
 * `UpdateFactors` in order, then `-radius` and 1/2.
 */
const UPDATE: LoopSpec<'update'> = {
  name: 'update',
  arrays: 8,
  constants: 11,
  body({load, constant, keep, add, sub, mul, div, min, max}) {
    const [mean, curvature, precision] = [load(0), load(2), load(3)];
    const momentum = keep(add(mul(load(4), constant(0)), mul(load(1), constant(2))));
    const ofPrecision = add(mul(curvature, constant(3)), constant(1));
    const moved = keep(add(mul(precision, ofPrecision), add(mul(curvature, constant(4)), constant(5))));
    const newPrecision = keep(mul(add(div(mul(moved, moved), precision), precision), constant(10)));
    const step = div(add(mul(momentum, constant(6)), mul(mean, constant(7))), newPrecision);
    return [
      [5, sub(mean, max(min(step, constant(8)), constant(9)))],
      [6, newPrecision],
      [7, momentum],
    ];
  },
};

const loopsOf = heapLoops<'sample' | 'update'>([SAMPLE, UPDATE]);

/** The formulas as loops in the memory of tfjs-backend-wasm; undefined on other backends and where its memory is out of reach. */
export function wasmArithmetic(): Arithmetic | undefined {
  if (tf.getBackend() !== 'wasm') return undefined;
  const backend = tf.backend() as WasmBackend;
  const loops = loopsOf(backend);
  return loops && onHeap(backend, loops);
}

function onHeap(backend: WasmBackend, {sample, update}: HeapLoops<'sample' | 'update'>): Arithmetic {
  const output = ({shape}: tf.Tensor): tf.Tensor => unsetTensor(backend, shape);
  return {
    sample(mean, precision, normals, scale) {
      const [noise, sampled] = [output(mean), output(mean)];
      floats(backend, noise).set(normals);
      sample([mean, precision, noise, sampled], scale);
      return {noise, sampled};
    },
    update({mean, gradient, curvature, precision, momentum}, factors) {
      const results = {mean: output(mean), precision: output(mean), momentum: output(mean)};
      const tensors = [
        mean,
        gradient,
        curvature,
        precision,
        momentum,
        results.mean,
        results.precision,
        results.momentum,
      ];
      const {beta1, beta2, curvatureOfPrecision, shift, decay, radius} = factors;
      const constants = [
        ...[beta1, beta2, factors.gradient, curvatureOfPrecision, factors.curvature, shift, factors.momentum, decay],
        ...[radius, -radius, 0.5],
      ];
      update(tensors, ...constants);
      return results;
    },
  };
}

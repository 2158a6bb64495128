import {softplusOf} from './elementary.ts';
import {heapLoops} from './heap-loops.ts';
import {input, type Kernel, runStock} from './wasm.ts';
import type {LoopSpec} from './wasm-loop.ts';

/** Arrays: x, softplus(x). */
const SOFTPLUS: LoopSpec<'softplus'> = {
  name: 'softplus',
  arrays: 2,
  constants: 0,
  body: (lanes) => [[1, softplusOf(lanes, lanes.load(0)).value]],
};

const loopsOf = heapLoops([SOFTPLUS]);

/**
 * `Softplus` four numbers at a time: the standard deviations of variational layers are softplus of what is trained, and
 * tfjs-backend-wasm takes two library calls for each number.
 */
export const softplus: Kernel = {
  name: 'Softplus',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const loops = loopsOf(backend);
    if (loops === undefined || x.dtype !== 'float32') return runStock(backend, 'Softplus', inputs, attrs);
    const out = backend.makeOutput(x.shape, 'float32');
    loops.softplus([x, out]);
    return out;
  },
};

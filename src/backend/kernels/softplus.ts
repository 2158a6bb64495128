import {heapLoops} from './heap-loops.ts';
import {input, type Kernel, release, runStock} from './wasm.ts';
import type {Code, LoopSpec} from './wasm-loop.ts';

/** 2 atanh(t) / t in powers of t^2, for t from 0 to 1/3: minimax, relative error 4e-9. */
const COEFFICIENTS = [
  2.000000007921047, 0.6666631468189799, 0.40024910285738036, 0.27960602704346654, 0.2817833512618971,
];

/** Arrays: x, -|x|. */
const FOLD: LoopSpec<'fold'> = {
  name: 'fold',
  arrays: 2,
  constants: 0,
  body: ({load, number, sub, min}) => ({values: [], stores: [[1, min(load(0), sub(number(0), load(0)))]]}),
};

/** Arrays: x, s = sigmoid(-|x|), which gives way to max(x, 0) - log(1 - s), with -log(1 - s) = 2 atanh(s / (2 - s)). */
const UNFOLD: LoopSpec<'unfold'> = {
  name: 'unfold',
  arrays: 2,
  constants: 0,
  body({load, number, value, add, sub, mul, div, max}) {
    const [t, square] = [value(0), value(1)];
    const series = COEFFICIENTS.map((one) => number(one)).reduceRight((sum: Code, one) => add(one, mul(sum, square)));
    return {
      values: [div(load(1), sub(number(2), load(1))), mul(t, t)],
      stores: [[1, add(max(load(0), number(0)), mul(t, series))]],
    };
  },
};

const loopsOf = heapLoops<'fold' | 'unfold'>([FOLD, UNFOLD]);

/**
 * `Softplus` as max(x, 0) + log(1 + e^(-|x|)), four numbers at a time: the standard deviations of variational layers are
 * softplus of what is trained, and tfjs-backend-wasm takes two library calls for each number.
 */
export const softplus: Kernel = {
  name: 'Softplus',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const loops = loopsOf(backend);
    if (loops === undefined || x.dtype !== 'float32') return runStock(backend, 'Softplus', inputs, attrs);
    const folded = backend.makeOutput(x.shape, 'float32');
    loops.fold([x, folded]);
    const out = runStock(backend, 'Sigmoid', {x: folded});
    release(backend, folded);
    loops.unfold([x, out]);
    return out;
  },
};

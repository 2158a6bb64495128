import * as tf from '@tensorflow/tfjs-core';
import {log, softplusOf} from '../../../src/backend/kernels/elementary.ts';
import {type HeapLoops, heapLoops} from '../../../src/backend/kernels/heap-loops.ts';
import {unsetTensor, type WasmBackend} from '../../../src/backend/kernels/wasm.ts';
import type {Code} from '../../../src/backend/kernels/wasm-bytes.ts';
import type {Lanes} from '../../../src/backend/kernels/wasm-lanes.ts';
import type {LoopSpec} from '../../../src/backend/kernels/wasm-loop.ts';
import {withGradient} from '../../written-gradient.ts';

// Each loop writes the derivatives beside the value: what is left to the gradient is a product with them.

/** The least normal number: with it the logarithm and 1 / scale stay finite where the floor is 0. */
const LEAST = 2 ** -126;

/** scale = softplus(rho) + floor and d scale / d rho, of rho in array 0 and the floor in constant 0. */
function scaleOf(lanes: Lanes): {scale: Code; slope: Code} {
  const {value, slope} = softplusOf(lanes, lanes.load(0));
  return {scale: lanes.keep(lanes.max(lanes.add(value, lanes.constant(0)), lanes.number(LEAST))), slope};
}

/** Arrays: rho, scale^2, d scale^2 / d rho. Constant: floor. */
const VARIANCE: LoopSpec<'variance'> = {
  name: 'variance',
  arrays: 3,
  constants: 1,
  body(lanes) {
    const {scale, slope} = scaleOf(lanes);
    return [
      [1, lanes.mul(scale, scale)],
      [2, lanes.mul(lanes.add(scale, scale), slope)],
    ];
  },
};

/** Arrays: rho, noise, which gives way to scale noise, and its derivative in rho. Constant: floor. */
const DEVIATION: LoopSpec<'deviation'> = {
  name: 'deviation',
  arrays: 3,
  constants: 1,
  body(lanes) {
    const {scale, slope} = scaleOf(lanes);
    const noise = lanes.keep(lanes.load(1));
    return [
      [1, lanes.mul(scale, noise)],
      [2, lanes.mul(slope, noise)],
    ];
  },
};

/**
 * Arrays: rho, mean, shares, their derivatives in rho and in mean. Constants: floor, mean and precision of the prior, half of
 * that, what is added to each share.
 */
const DIVERGENCE: LoopSpec<'divergence'> = {
  name: 'divergence',
  arrays: 5,
  constants: 5,
  body(lanes) {
    const {load, constant, number, keep, add, sub, mul, div} = lanes;
    const {scale, slope} = scaleOf(lanes);
    const distance = keep(sub(load(1), constant(1)));
    const squares = add(mul(distance, distance), mul(scale, scale));
    return [
      [2, sub(add(mul(squares, constant(3)), constant(4)), log(lanes, scale))],
      [3, mul(sub(mul(constant(2), scale), div(number(1), scale)), slope)],
      [4, mul(constant(2), distance)],
    ];
  },
};

type Name = 'variance' | 'deviation' | 'divergence';
const loopsOf = heapLoops<Name>([VARIANCE, DEVIATION, DIVERGENCE]);

/** What a training step takes of Gaussian weights N(mean, (softplus(rho) + floor)^2), each in one walk through memory. */
export interface MeanFieldLoops {
  /** scale^2. */
  variance(rho: tf.Tensor, floor: number): tf.Tensor;
  /** scale noise, in the tensor of the noise. */
  deviation(rho: tf.Tensor, noise: tf.Tensor, floor: number): tf.Tensor;
  /** KL divergence from N(prior.mean, prior.scale^2), summed over the weights. */
  divergence(mean: tf.Tensor, rho: tf.Tensor, floor: number, prior: {mean: number; scale: number}): tf.Scalar;
}

/**
 * The loops in the memory of tfjs-backend-wasm; undefined on other backends, where its memory is out of reach, and under a
 * gradient of a gradient, which the loops do not have.
 */
export function meanFieldLoops(): MeanFieldLoops | undefined {
  if (tf.getBackend() !== 'wasm' || tf.engine().state.gradientDepth > 1) return undefined;
  const backend = tf.backend() as WasmBackend;
  const loops = loopsOf(backend);
  return loops && onHeap(backend, loops);
}

function onHeap(backend: WasmBackend, loops: HeapLoops<Name>): MeanFieldLoops {
  const like = ({shape}: tf.Tensor): tf.Tensor => unsetTensor(backend, shape);
  return {
    variance: (rho, floor) =>
      withGradient([rho], () => {
        const [value, derivative] = [like(rho), like(rho)];
        loops.variance([rho, value, derivative], floor);
        return withDerivatives(value, [derivative]);
      }),
    deviation: (rho, noise, floor) =>
      withGradient([rho], () => {
        const derivative = like(rho);
        loops.deviation([rho, noise, derivative], floor);
        return withDerivatives(tf.clone(noise), [derivative]);
      }),
    divergence: (mean, rho, floor, prior) =>
      withGradient<tf.Scalar>([rho, mean], () => {
        const precision = 1 / prior.scale ** 2;
        const [shares, ...derivatives] = [like(rho), like(rho), like(rho)] as const;
        const constants = [floor, prior.mean, precision, precision / 2, Math.log(prior.scale) - 0.5];
        loops.divergence([rho, mean, shares, ...derivatives], ...constants);
        return withDerivatives(tf.sum<tf.Scalar>(shares), derivatives);
      }),
  };
}

/** A value times whose derivatives, one for each input, upstream gradients go on. */
function withDerivatives<T extends tf.Tensor>(value: T, derivatives: readonly tf.Tensor[]) {
  return {
    value,
    saved: derivatives,
    gradients: (upstream: tf.Tensor, ...saved: tf.Tensor[]) => saved.map((one) => tf.mul(one, upstream)),
  };
}

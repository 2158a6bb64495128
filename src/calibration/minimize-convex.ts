import {warn} from '../warn.ts';

const MAX_STEPS = 200;
const TOLERANCE = 1e-14;

/** A smooth convex function of many variables. */
export interface ConvexProblem {
  /** The value at `theta`; writes the gradient there. */
  evaluate(theta: Float64Array, gradient: Float64Array): number;
  /** The Hessian at the last `theta` evaluated, times `v`. */
  hessianProduct(v: Float64Array): Float64Array;
}

/**
 * Minimizes a convex function by Newton's method with conjugate gradients and backtracking.
 *
 * Stops after the first step whose Newton decrement says that the value was within 1e-14 of the minimum. Directions in which
 * the function is flat are left at their start. Returns the minimizer and the value one step before it.
 */
export function minimizeConvex(
  caller: string,
  problem: ConvexProblem,
  start: Float64Array,
): {theta: Float64Array; value: number} {
  let theta = start.slice();
  let gradient = new Float64Array(theta.length);
  let value = problem.evaluate(theta, gradient);
  const firstNorm = Math.sqrt(dot(gradient, gradient));
  for (let iteration = 0; iteration < MAX_STEPS; iteration++) {
    const norm = Math.sqrt(dot(gradient, gradient));
    if (norm === 0) return {theta, value};
    const step = newtonStep(problem, gradient, Math.min(0.1, Math.sqrt(norm / firstNorm)) * norm);
    const slope = dot(gradient, step);
    const next = new Float64Array(theta.length);
    const nextGradient = new Float64Array(theta.length);
    let nextValue = Infinity;
    let length = 1;
    for (; length > 1e-12; length /= 2) {
      for (let p = 0; p < next.length; p++) next[p] = (theta[p] as number) + length * (step[p] as number);
      nextValue = problem.evaluate(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope + 4 * Number.EPSILON * Math.abs(value)) break;
    }
    if (!(length > 1e-12)) return {theta, value};
    theta = next;
    gradient = nextGradient;
    value = nextValue;
    if (-slope <= 2 * TOLERANCE) return {theta, value};
  }
  warn(
    `${caller}: not converged after ${MAX_STEPS} Newton steps; the result may be inexact. Regularize, or fit on more data.`,
  );
  return {theta, value};
}

/** An approximate solution of H step = -gradient by conjugate gradients, to the given norm of the residual. */
function newtonStep(problem: ConvexProblem, gradient: Float64Array, tolerance: number): Float64Array {
  const n = gradient.length;
  const step = new Float64Array(n);
  const residual = gradient.map((g) => -g);
  let direction = residual.slice();
  let square = dot(residual, residual);
  for (let iteration = 0; iteration < 10 * n && Math.sqrt(square) > tolerance; iteration++) {
    const image = problem.hessianProduct(direction);
    const curvature = dot(direction, image);
    if (!(curvature > 1e-300)) break;
    const length = square / curvature;
    for (let p = 0; p < n; p++) {
      step[p] = (step[p] as number) + length * (direction[p] as number);
      residual[p] = (residual[p] as number) - length * (image[p] as number);
    }
    const next = dot(residual, residual);
    direction = direction.map((d, p) => (residual[p] as number) + (next / square) * d);
    square = next;
  }
  return dot(step, step) === 0 ? residual : step;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

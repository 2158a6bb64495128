import {type ConvexProblem, minimizeConvex} from './minimize-convex.ts';

/**
 * Coefficients of the features, then the intercept, that minimize the mean cross-entropy of
 * sigmoid(coefficients . features + intercept) with targets from 0 to 1.
 */
export function logisticRegression(
  caller: string,
  features: readonly Float64Array[],
  targets: Float64Array,
): {coefficients: Float64Array; value: number} {
  const n = targets.length;
  const columns = [...features, new Float64Array(n).fill(1)];
  const probs = new Float64Array(n);
  const combine = (theta: Float64Array, i: number): number =>
    columns.reduce((sum, column, c) => sum + (theta[c] as number) * (column[i] as number), 0);
  const pullBack = (change: (i: number) => number, out: Float64Array): void => {
    columns.forEach((column, c) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += change(i) * (column[i] as number);
      out[c] = sum / n;
    });
  };
  const problem: ConvexProblem = {
    evaluate(theta, gradient) {
      let loss = 0;
      for (let i = 0; i < n; i++) {
        const f = combine(theta, i);
        loss += Math.max(f, 0) + Math.log1p(Math.exp(-Math.abs(f))) - (targets[i] as number) * f;
        probs[i] = sigmoid(f);
      }
      pullBack((i) => (probs[i] as number) - (targets[i] as number), gradient);
      return loss / n;
    },
    hessianProduct(v) {
      const result = new Float64Array(v.length);
      pullBack((i) => (probs[i] as number) * (1 - (probs[i] as number)) * combine(v, i), result);
      return result;
    },
  };
  const {theta, value} = minimizeConvex(caller, problem, new Float64Array(columns.length));
  return {coefficients: theta, value};
}

/** 1 / (1 + exp(-f)). */
export function sigmoid(f: number): number {
  return 1 / (1 + Math.exp(-f));
}

import {type Matrix, matrix, transpose} from '../linalg/matrix.ts';
import type {DenseMatrix} from '../linalg/matrix-like.ts';
import {float64} from '../linalg/matrix-like.ts';
import {matMul} from '../linalg/multiply.ts';
import {logSumExp} from '../special/log-sum-exp.ts';
import type {ConvexProblem} from './minimize-convex.ts';

/** Weights of the squares that are added to the mean negative log-likelihood. */
export interface Ridge {
  /** Times the mean square of the weights off the diagonal. */
  readonly offDiagonal: number;
  /** Times the mean square of the biases. */
  readonly bias: number;
}

/**
 * Mean negative log-likelihood of softmax(W x + b), with W diagonal or full: theta holds the diagonal or W row by row, then b.
 */
export function softmaxRegression(
  {data, rows: n, columns: k}: DenseMatrix,
  target: Int32Array,
  diagonal: boolean,
  ridge: Ridge,
): ConvexProblem {
  const x = matrix(n, k, float64(data));
  const weights = diagonal ? k : k * k;
  let probs = matrix(n, k);

  /** W x + b for every example. */
  const latent = (theta: Float64Array): Matrix => {
    const full = diagonal ? undefined : matMul(x, transpose(matrix(k, k, theta.slice(0, weights))));
    const f = full ?? matrix(n, k);
    for (let i = 0, e = 0; i < n; i++) {
      for (let c = 0; c < k; c++, e++) {
        const product = diagonal ? (theta[c] as number) * (x.data[e] as number) : (f.data[e] as number);
        f.data[e] = product + (theta[weights + c] as number);
      }
    }
    return f;
  };
  /** What the changes of the latent outputs do to every parameter. */
  const pullBack = (changes: Matrix): Float64Array => {
    const out = new Float64Array(weights + k);
    if (!diagonal) out.set(matMul(transpose(changes), x).data);
    for (let i = 0, e = 0; i < n; i++) {
      for (let c = 0; c < k; c++, e++) {
        const change = changes.data[e] as number;
        out[weights + c] = (out[weights + c] as number) + change;
        if (diagonal) out[c] = (out[c] as number) + change * (x.data[e] as number);
      }
    }
    return out;
  };
  /** How strongly the ridge pulls on every parameter. */
  const pull = Float64Array.from({length: weights + k}, (_, p) => {
    if (p >= weights) return (2 * ridge.bias) / k;
    return diagonal || p % (k + 1) === 0 ? 0 : (2 * ridge.offDiagonal) / (k * (k - 1));
  });

  return {
    evaluate(theta, gradient) {
      probs = latent(theta);
      const residuals = matrix(n, k);
      let loss = 0;
      for (let i = 0; i < n; i++) {
        const row = probs.data.subarray(i * k, (i + 1) * k);
        const label = target[i] as number;
        const normalizer = logSumExp(row);
        loss += normalizer - (row[label] as number);
        for (let c = 0; c < k; c++) {
          row[c] = Math.exp((row[c] as number) - normalizer);
          residuals.data[i * k + c] = ((row[c] as number) - Number(c === label)) / n;
        }
      }
      gradient.set(pullBack(residuals));
      let value = loss / n;
      theta.forEach((v, p) => {
        gradient[p] = (gradient[p] as number) + (pull[p] as number) * v;
        value += 0.5 * (pull[p] as number) * v * v;
      });
      return value;
    },
    hessianProduct(v) {
      const u = latent(v);
      for (let i = 0; i < n; i++) {
        let mean = 0;
        for (let e = i * k; e < (i + 1) * k; e++) mean += (probs.data[e] as number) * (u.data[e] as number);
        for (let e = i * k; e < (i + 1) * k; e++) {
          u.data[e] = ((probs.data[e] as number) * ((u.data[e] as number) - mean)) / n;
        }
      }
      const result = pullBack(u);
      return result.map((value, p) => value + (pull[p] as number) * (v[p] as number));
    },
  };
}

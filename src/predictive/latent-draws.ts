import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../random/rng.ts';
import {batchedCholesky, batchedDiagonal} from './batched-cholesky.ts';
import type {LatentGaussian} from './predictive.ts';

const MAX_VALUES_AT_ONCE = 1 << 20;

/** Which draws of a latent Gaussian are taken: the same plan gives the same draws each time, however examples are batched. */
export interface DrawPlan {
  /** Draws for each example. */
  readonly samples: number;
  /** Where they come from; only forked, never drawn from. */
  readonly rng: Rng;
  /** Index of the first example in the whole set. */
  readonly offset: number;
}

/** Marginal variances of a latent Gaussian, undefined for a point estimate. The caller owns the result. */
export function latentVariance({variance, covariance}: LatentGaussian): tf.Tensor | undefined {
  if (covariance !== undefined) return batchedDiagonal(covariance);
  return variance === undefined ? undefined : tf.clone(variance);
}

/**
 * Applies `summarize` to seeded draws of a latent Gaussian, a bounded number at a time, and joins what it returns.
 *
 * f_s = mean + chol(covariance) eps_s (or sqrt(variance) eps_s), with eps of their own for each position of each example;
 * a point estimate has one draw. `summarize` gets draws of shape [S, rows, C], rows being N times any inner axes; what it
 * returns is joined along `axis`, that of the rows.
 */
export function summarizeDraws(
  latent: LatentGaussian,
  plan: DrawPlan,
  summarize: (draws: tf.Tensor3D) => tf.Tensor[],
  axis = 0,
): tf.Tensor[] {
  const {mean, covariance, variance} = latent;
  const outputs = mean.shape.at(-1) ?? 0;
  const examples = mean.shape[0] ?? 0;
  const rows = mean.size / Math.max(outputs, 1);
  const firstRow = plan.offset * (examples === 0 ? 0 : rows / examples);
  const stream = plan.rng.fork('latent');
  return tf.tidy(() => {
    const center = tf.reshape<tf.Rank.R3>(mean, [1, rows, outputs]);
    const joint = covariance && tf.reshape<tf.Rank.R3>(covariance, [rows, outputs, outputs]);
    const deviation = variance && tf.reshape<tf.Rank.R3>(tf.sqrt(tf.relu(variance)), [1, rows, outputs]);
    const samples = (joint ?? deviation) ? plan.samples : 1;
    const valuesPerRow = samples * outputs + (joint ? outputs * outputs : 0);
    const rowsAtOnce = Math.max(1, Math.floor(MAX_VALUES_AT_ONCE / Math.max(1, valuesPerRow)));
    const chunks: tf.Tensor[][] = [];
    let start = 0;
    do {
      const count = Math.min(rowsAtOnce, rows - start);
      chunks.push(
        tf.tidy(() => {
          const at = tf.slice(center, [0, start, 0], [1, count, outputs]);
          if (!joint && !deviation) return summarize(at);
          const noise = rowNoise(stream, firstRow + start, count, samples, outputs);
          const spread = joint
            ? correlate(noise, batchedCholesky(tf.slice(joint, [start, 0, 0], [count, outputs, outputs])))
            : tf.mul(noise, tf.slice(deviation as tf.Tensor3D, [0, start, 0], [1, count, outputs]));
          return summarize(tf.add<tf.Tensor3D>(spread, at));
        }),
      );
      start += count;
    } while (start < rows);
    return joinChunks(chunks, axis);
  });
}

/** Each draw of a latent Gaussian, transformed: shape [S, N, ..., C]. */
export function latentMembers(
  latent: LatentGaussian,
  plan: DrawPlan,
  transform: (draws: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const [members] = summarizeDraws(latent, plan, (f) => [transform(f)], 1) as [tf.Tensor3D];
    return tf.reshape(members, [members.shape[0], ...latent.mean.shape]);
  });
}

/** Standard normals [S, rows, C], each row from the stream of its own index. */
function rowNoise(stream: Rng, firstRow: number, rows: number, samples: number, outputs: number): tf.Tensor3D {
  const values = new Float32Array(rows * samples * outputs);
  for (let row = 0; row < rows; row++) {
    const draws = stream.fork(firstRow + row).normals(samples * outputs);
    let from = 0;
    for (let s = 0; s < samples; s++) {
      const to = (s * rows + row) * outputs;
      for (let c = 0; c < outputs; c++) values[to + c] = draws[from++] as number;
    }
  }
  return tf.tensor3d(values, [samples, rows, outputs]);
}

/** Noise [S, rows, C] times the root [rows, C, C] of each row's covariance. */
function correlate(noise: tf.Tensor3D, roots: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(tf.matMul(tf.transpose(noise, [1, 0, 2]), roots, false, true), [1, 0, 2]);
}

function joinChunks(chunks: tf.Tensor[][], axis: number): tf.Tensor[] {
  const first = chunks[0] as tf.Tensor[];
  if (chunks.length === 1) return first;
  return first.map((_, i) =>
    tf.concat(
      chunks.map((chunk) => chunk[i] as tf.Tensor),
      axis,
    ),
  );
}

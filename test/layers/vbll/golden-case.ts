import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type {VbllCovariance, VbllHead} from '../../../layers/index.ts';

/** What golden.py writes for one layer of the authors' library. */
export interface GoldenCase {
  readonly name: string;
  readonly covariance: 'diagonal' | 'dense' | 'lowrank' | 'dense_precision';
  readonly outputs: number;
  /** Parameters by the authors' names, flat. */
  readonly weights: Readonly<Record<string, number[]>>;
  readonly loss: number;
  readonly validation: number;
  readonly mean: number[][];
  readonly deviation: number[][];
  readonly variance: number[][];
  readonly probs: number[][];
  readonly dof: number[][];
  readonly scale: number[][];
}

const file = fileURLToPath(new URL('fixtures/golden.json', import.meta.url));

/** The golden cases of one of the authors' layers. */
export function goldenCases(name: string): GoldenCase[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as GoldenCase[]).filter((row) => row.name === name);
}

/** Our name of a covariance. */
export function covarianceOf({covariance}: GoldenCase): VbllCovariance {
  return covariance === 'lowrank' ? 'low-rank' : covariance === 'dense_precision' ? 'dense-precision' : covariance;
}

/** The golden features, [4, 3]. */
export function goldenFeatures(): tf.Tensor2D {
  return tf.tensor2d(ramp(12, 1, 0.2), [4, 3]);
}

/** The golden targets of a regression, [4, outputs]. */
export function goldenTargets(outputs: number): tf.Tensor2D {
  return tf.tensor2d(ramp(4 * outputs, 0.9, 0.9), [4, outputs]);
}

/** The golden labels as rows, [4, 3]. */
export function goldenRows(): tf.Tensor2D {
  return tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1], [4, 3]);
}

/** Authors' parameters of q in our order and layout, `prefix` being theirs: W, M or mu. */
export function gaussianTensors(row: GoldenCase, prefix: string): tf.Tensor[] {
  const D = 3;
  const K = (row.weights[`${prefix}_mean`] as number[]).length / D;
  const transposed = (name: string): tf.Tensor => tf.transpose(tf.tensor2d(row.weights[name] as number[], [K, D]));
  const mean = transposed(`${prefix}_mean`);
  const [logDiagonal, offDiagonal] = [`${prefix}_logdiag`, `${prefix}_offdiag`];
  switch (row.covariance) {
    case 'diagonal':
      return [mean, transposed(logDiagonal)];
    case 'lowrank':
      return [mean, transposed(logDiagonal), sideBySide(row.weights[offDiagonal] as number[], K, D)];
    case 'dense':
      return [
        mean,
        tf.tensor2d(row.weights[logDiagonal] as number[], [K, D]),
        sideBySide(row.weights[offDiagonal] as number[], K, D),
      ];
    case 'dense_precision':
      return [
        mean,
        tf.tensor2d(row.weights[logDiagonal] as number[], [K, D]),
        tf.tensor3d(row.weights[offDiagonal] as number[], [K, D, D]),
      ];
  }
}

/** Matrices [K, D, r] as one, [D, K r]. */
function sideBySide(values: number[], K: number, D: number): tf.Tensor {
  const r = values.length / (K * D);
  return tf.reshape(tf.transpose(tf.tensor3d(values, [K, D, r]), [1, 0, 2]), [D, K * r]);
}

/** Builds the head for the golden features and gives it weights by (part of) their names. */
export function setHeadWeights(head: VbllHead, features: tf.Tensor, values: readonly tf.Tensor[]): void {
  tf.tidy(() => {
    head.apply(features);
    head.setWeights([...values]);
  });
}

/** Mean of `head.loss` plus the layer's own losses: what `fit` minimizes. */
export async function totalLoss(head: VbllHead, features: tf.Tensor, y: tf.Tensor): Promise<number> {
  const total = tf.tidy(() => {
    const data = tf.mean(head.loss(y, head.apply(features) as tf.Tensor));
    return head.calculateLosses().reduce<tf.Tensor>((sum, one) => tf.add(sum, one), data);
  });
  const [value] = await total.data();
  total.dispose();
  return value as number;
}

function ramp(n: number, amplitude: number, phase: number): number[] {
  return Array.from({length: n}, (_, i) => amplitude * Math.sin(0.7 * (i + 1) + phase));
}

/** Eight predictions over three classes with a tie in confidence. */
export const F8 = {
  probs: [
    [0.6, 0.3, 0.1],
    [0.2, 0.5, 0.3],
    [0.1, 0.2, 0.7],
    [0.45, 0.35, 0.2],
    [0.05, 0.9, 0.05],
    [0.34, 0.33, 0.33],
    [0.25, 0.25, 0.5],
    [0.8, 0.15, 0.05],
  ],
  labels: [0, 2, 2, 1, 1, 0, 1, 0],
};

/** Five predictions over three classes from the tests of Google's robustness_metrics. */
export const ROBUSTNESS = {
  probs: [
    [0.42610548, 0.41748077, 0.15641374],
    [0.44766216, 0.47721294, 0.0751249],
    [0.1862702, 0.15139402, 0.66233578],
    [0.05753544, 0.8561222, 0.08634236],
    [0.18697925, 0.29836466, 0.51465609],
  ],
  labels: [0, 1, 2, 1, 2],
};

/** Eight normal predictions. */
export const R8 = {
  mean: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
  std: [0.2, 0.3, 0.25, 0.5, 0.4, 0.6, 0.8, 0.7],
  targets: [0.1, 0.3, 1.4, 1.2, 2.3, 1.6, 3.9, 3.4],
};

/** Three normal predictions from the tests of uncertainty-toolbox. */
export const U3 = {mean: [1, 2, 3], std: [0.1, 0.5, 1], targets: [1.5, 3, 2]};

/** The same matrix as flat data, in either precision. */
export function flat(rows: number[][], precision: 'float64' | 'float32' = 'float64') {
  const shape: [number, number] = [rows.length, rows[0]?.length ?? 0];
  return {data: precision === 'float64' ? Float64Array.from(rows.flat()) : Float32Array.from(rows.flat()), shape};
}

/** Labels as one-hot rows. */
export function oneHot(labels: number[], classes: number): number[][] {
  return labels.map((label) => Array.from({length: classes}, (_, k) => (k === label ? 1 : 0)));
}

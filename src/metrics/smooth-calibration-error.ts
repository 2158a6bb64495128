import {ConfigError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type Events, eventsOf, type ReliabilityKind} from './events.ts';
import {type GridMasses, roundToGrid, smoothedAt} from './grid-smoothing.ts';

const MESH = 200;
const SMALLEST = 0.001;
const REFINEMENTS = 10;
const GRID_FLOOR = 1e-4;
const CLIP = 0.001;

/** What the Gaussian smooths over: probabilities, reflected at 0 and 1, or their logits. */
export type SmoothingKernel = 'reflected' | 'logit';

/** A smooth calibration error and the width at which it was measured. */
export interface SmoothCalibration {
  /** The error, from 0 to 1. */
  readonly error: number;
  /** The kernel's standard deviation, on the scale of probabilities. */
  readonly bandwidth: number;
}

/**
 * Smooth calibration error (smECE): calibration error after a Gaussian smoothing whose width equals the error itself.
 *
 * smECE_s = integral |mean_i (c_i - outcome_i) K_s(t, c_i)| dt, and the bandwidth s is the smallest with smECE_s <= s (Blasiok
 * & Nakkiran 2024). Without bins, continuous in the predictions, and consistent. The discretization is that of the
 * authors' relplot package: residuals on a grid of at least 1000 cells, integrated on a mesh of max(200, 10/s) points, ten
 * bisections down to a width of 0.001.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @param options.kernel 'reflected' (default; the paper's) or 'logit', finer near 0 and 1.
 * @param options.bandwidth A fixed bandwidth of at least 0.001; searched for by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown kind or kernel, or a bandwidth below 0.001.
 *
 * @example
 * ```ts
 * import {smoothCalibrationError} from 'tfjs-bayes/metrics';
 * const {error, bandwidth} = smoothCalibrationError([0.9, 0.8, 0.3, 0.2], [1, 0, 1, 0], {kind: 'binary'});
 * console.log(error, bandwidth); // 0.2184, 0.2197
 * ```
 */
export function smoothCalibrationError(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    kind = 'top-label',
    kernel = 'reflected',
    bandwidth,
    weights,
  }: {kind?: ReliabilityKind; kernel?: SmoothingKernel; bandwidth?: number; weights?: ArrayLike<number>} = {},
): SmoothCalibration {
  const caller = 'smoothCalibrationError';
  if (kernel !== 'reflected' && kernel !== 'logit') {
    throw new ConfigError(
      `${caller}: expected kernel 'reflected' or 'logit', got ${JSON.stringify(kernel)}. Choose one of them.`,
    );
  }
  if (bandwidth !== undefined && !(bandwidth >= SMALLEST && bandwidth <= 1)) {
    throw new ConfigError(
      `${caller}: expected a bandwidth from ${SMALLEST} to 1, got ${bandwidth}. Leave it out to have it searched for.`,
    );
  }
  const events = eventsOf(caller, probs, labels, kind, weights);
  const at = kernel === 'reflected' ? reflectedError(events) : logitError(events);
  if (bandwidth !== undefined) return {error: at(bandwidth), bandwidth};
  let [high, low] = [1, 0];
  let error: number | undefined;
  for (let i = 0; i < REFINEMENTS; i++) {
    const middle = (high + low) / 2;
    const value = middle < SMALLEST ? Infinity : at(middle);
    if (value > middle) low = middle;
    else [high, error] = [middle, value];
  }
  return {error: error ?? at(high), bandwidth: high};
}

function residuals({probability, outcome, weight}: Events): Float64Array {
  return weight.map((w, i) => w * ((probability[i] as number) - (outcome[i] as number)));
}

/** smECE_s over a mesh of [0, 1] as a function of s: mean absolute smoothed residual over mean smoothed density. */
function reflectedError(events: Events): (bandwidth: number) => number {
  const residual = residuals(events);
  let masses: GridMasses | undefined;
  return (bandwidth) => {
    const points = gridPoints(bandwidth);
    // Most bandwidths share the coarsest grid.
    if (masses?.points !== points) masses = roundToGrid(events.probability, residual, events.weight, points);
    const mesh = meshOf(bandwidth);
    const {first, second} = smoothedAt(masses, mesh, bandwidth, true);
    let [error, mass] = [0, 0];
    for (let j = 0; j < mesh.length; j++) {
      error += Math.abs(first[j] as number);
      mass += (second[j] as number) + GRID_FLOOR;
    }
    return error / mass;
  };
}

/** The same with both axes mapped by the logit to [0, 1], and the mesh weighted by the map's slope. */
function logitError(events: Events): (bandwidth: number) => number {
  const residual = residuals(events);
  const logits = events.probability.map((p) => logit(Math.min(Math.max(p, CLIP), 1 - CLIP)));
  let [least, most] = [Infinity, -Infinity];
  for (const z of logits) {
    least = Math.min(least, z);
    most = Math.max(most, z);
  }
  return (bandwidth) => {
    const mesh = meshOf(bandwidth).slice(1, -1);
    const end = mesh.length - 1;
    const low = Math.min(least, logit(mesh[0] as number));
    const range = Math.max(most, logit(mesh[end] as number)) - low;
    const mapped = (z: number) => (z - low) / range;
    const width = (bandwidth * 4) / range;
    const masses = roundToGrid(logits.map(mapped), residual, events.weight, gridPoints(width));
    const {first, second} = smoothedAt(
      masses,
      mesh.map((t) => mapped(logit(t))),
      width,
      false,
    );
    let [error, mass] = [0, 0];
    mesh.forEach((t, j) => {
      const repeats = j === 0 || j === end ? 2 : 1; // stands for the mesh's end, whose logit is infinite, too
      error += (repeats * Math.abs(first[j] as number)) / (t * (1 - t));
      mass += (repeats * ((second[j] as number) + GRID_FLOOR)) / (t * (1 - t));
    });
    return error / mass;
  };
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}

function meshOf(bandwidth: number): Float64Array {
  const points = Math.max(Math.round(10 / bandwidth), MESH);
  return Float64Array.from({length: points}, (_, j) => j / (points - 1));
}

/** An even number of cells, so that a grid point is in the middle of the kernel. */
function gridPoints(bandwidth: number): number {
  const cells = Math.floor(Math.max(2000, Math.round(20 / bandwidth)) / 2);
  return cells + (cells % 2) + 1;
}

import {createRng} from '../../src/index.ts';
import {COLUMNS} from './model.ts';

const DIRECTIONS = 100;
const COMPARED = 5000;

/** The standard deviation of each column. */
export function sds(theta: Float64Array): number[] {
  const count = theta.length / COLUMNS;
  return Array.from({length: COLUMNS}, (_, column) => {
    let [sum, squares] = [0, 0];
    for (let i = column; i < theta.length; i += COLUMNS) sum += theta[i] as number;
    for (let i = column; i < theta.length; i += COLUMNS) squares += ((theta[i] as number) - sum / count) ** 2;
    return Math.sqrt(squares / (count - 1));
  });
}

/** The metric published with DMVI: the mean over draws and columns of (draw - truth)^2. */
export function squaredError(theta: Float64Array, truth: Float64Array): number {
  return theta.reduce((sum, value, i) => sum + (value - (truth[i % COLUMNS] as number)) ** 2, 0) / theta.length;
}

/** The mean Wasserstein-1 distance of projections on random directions, columns measured in `units`; evenly thinned draws. */
export function slicedWasserstein(a: Float64Array, b: Float64Array, units: readonly number[]): number {
  const rng = createRng('directions');
  let sum = 0;
  for (let i = 0; i < DIRECTIONS; i++) {
    const normals = rng.normals(COLUMNS);
    const length = Math.hypot(...normals);
    const direction = normals.map((value, column) => value / length / (units[column] as number));
    const [left, right] = [project(a, direction), project(b, direction)];
    sum += left.reduce((total, value, s) => total + Math.abs(value - (right[s] as number)), 0) / COMPARED;
  }
  return sum / DIRECTIONS;
}

/** Sorted. */
function project(theta: Float64Array, direction: Float64Array): Float64Array {
  const stride = Math.floor(theta.length / COLUMNS / COMPARED);
  return Float64Array.from({length: COMPARED}, (_, s) => {
    return direction.reduce((sum, value, column) => sum + value * (theta[s * stride * COLUMNS + column] as number), 0);
  }).sort();
}

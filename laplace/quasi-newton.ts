/** A value to maximize, with its gradient. */
export interface ValueAndGradient {
  readonly value: number;
  readonly gradient: readonly number[];
}

const MAX_STEPS = 200;
const LONGEST_STEP = 2;
const SUFFICIENT = 1e-4;

/**
 * A point of locally highest value inside the box `low <= u <= high`: projected BFGS with backtracking (Nocedal and Wright
 * 2006, chapters 3 and 6). Coordinates that press against a bound rest there.
 */
export function maximizeSmooth(
  at: (u: readonly number[]) => ValueAndGradient,
  start: readonly number[],
  {low, high}: {low: number; high: number},
): number[] {
  const clamp = (u: readonly number[]): number[] => u.map((value) => Math.min(high, Math.max(low, value)));
  let u = clamp(start);
  let here = at(u);
  let inverse = scaledIdentity(here.gradient);
  for (let step = 0; step < MAX_STEPS; step++) {
    const free = u.map((value, i) => {
      const slope = here.gradient[i] as number;
      return !((value <= low && slope < 0) || (value >= high && slope > 0));
    });
    const gradient = here.gradient.map((g, i) => (free[i] ? g : 0));
    if (Math.max(...gradient.map(Math.abs)) <= 1e-9 * (1 + Math.abs(here.value))) break;
    let direction = apply(inverse, gradient).map((d, i) => (free[i] ? d : 0));
    if (dot(direction, gradient) <= 0) {
      inverse = scaledIdentity(gradient);
      direction = apply(inverse, gradient);
    }
    const next = lineSearch(at, clamp, {u, value: here.value, direction, gradient});
    if (!next) break;
    const change = next.u.map((value, i) => value - (u[i] as number));
    const slopes = next.there.gradient.map((g, i) => (here.gradient[i] as number) - g);
    u = next.u;
    here = next.there;
    update(inverse, change, slopes);
  }
  return u;
}

function lineSearch(
  at: (u: readonly number[]) => ValueAndGradient,
  clamp: (u: readonly number[]) => number[],
  from: {u: readonly number[]; value: number; direction: readonly number[]; gradient: readonly number[]},
): {u: number[]; there: ValueAndGradient} | undefined {
  const {u, value, direction, gradient} = from;
  let length = Math.min(1, LONGEST_STEP / Math.max(...direction.map(Math.abs)));
  for (let tries = 0; tries < 40; tries++, length /= 2) {
    const moved = clamp(u.map((x, i) => x + length * (direction[i] as number)));
    const gain = dot(
      gradient,
      moved.map((x, i) => x - (u[i] as number)),
    );
    const there = at(moved);
    if (gain > 0 && there.value >= value + SUFFICIENT * gain && there.value > value) return {u: moved, there};
  }
  return undefined;
}

/** The BFGS update of the inverse Hessian of the negated value; skipped where the curvature has the wrong sign. */
function update(inverse: number[][], change: readonly number[], slopes: readonly number[]): void {
  const curvature = dot(change, slopes);
  if (curvature <= 1e-14) return;
  const product = apply(inverse, slopes);
  const factor = (1 + dot(slopes, product) / curvature) / curvature;
  inverse.forEach((row, i) => {
    const [s, p] = [change[i] as number, product[i] as number];
    for (let j = 0; j < row.length; j++) {
      const [sj, pj] = [change[j] as number, product[j] as number];
      row[j] = (row[j] as number) + factor * s * sj - (s * pj + p * sj) / curvature;
    }
  });
}

/** A first guess whose step is at most 1 long. */
function scaledIdentity(gradient: readonly number[]): number[][] {
  const scale = 1 / Math.max(1, ...gradient.map(Math.abs));
  return gradient.map((_, i) => gradient.map((_, j) => (i === j ? scale : 0)));
}

function apply(matrix: readonly (readonly number[])[], v: readonly number[]): number[] {
  return matrix.map((row) => dot(row, v));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}

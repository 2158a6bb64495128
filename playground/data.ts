import {createRng, type Rng} from 'tfjs-bayes';
import type {Point} from './points.ts';

/** What is learnt: a class from two inputs, or a number from one. */
export type Task = 'classes' | 'numbers';

/** A set of data that can be picked. */
export interface DataSet {
  readonly label: string;
  readonly task: Task;
  /** One point; `u` is uniform in [0, 1), `i` counts the points. `undefined` for an empty plane to draw on. */
  readonly point: ((i: number, u: number, noise: () => number) => Point) | undefined;
}

/** The sets, in the order of the menu. */
export const DATA = {
  moons: {label: 'Moons', task: 'classes', point: moon},
  circles: {label: 'Circles', task: 'classes', point: circle},
  spiral: {label: 'Spiral', task: 'classes', point: spiral},
  blobs: {label: 'Three blobs', task: 'classes', point: blob},
  plane: {label: 'Empty plane', task: 'classes', point: undefined},
  sine: {label: 'Sine with a gap', task: 'numbers', point: sineWithGap},
  step: {label: 'Step', task: 'numbers', point: step},
  fan: {label: 'Growing noise', task: 'numbers', point: fan},
  line: {label: 'Empty line', task: 'numbers', point: undefined},
} as const satisfies Readonly<Record<string, DataSet>>;

/** Names of the sets. */
export type DataName = keyof typeof DATA;

/** Points to learn from, and points that only the scores see. */
export interface Split {
  readonly train: readonly Point[];
  readonly test: readonly Point[];
}

const TEST_POINTS = 400;

/**
 * The points of a set with those drawn by hand. Scores are taken on fresh points of the set, and on every fourth point that
 * was drawn.
 */
export function splitData(
  name: DataName,
  {points, noise, seed}: {readonly points: number; readonly noise: number; readonly seed: number},
  drawn: readonly Point[],
): Split {
  const rng = createRng(seed);
  const isHeldOut = (i: number): boolean => i % 4 === 3;
  return {
    train: [...generate(name, points, noise, rng.fork('train')), ...drawn.filter((_, i) => !isHeldOut(i))],
    test: [...generate(name, TEST_POINTS, noise, rng.fork('test')), ...drawn.filter((_, i) => isHeldOut(i))],
  };
}

function generate(name: DataName, count: number, noise: number, rng: Rng): Point[] {
  const {point}: DataSet = DATA[name];
  if (point === undefined) return [];
  const uniforms = rng.fork('places').uniforms(count);
  const normals = rng.fork('noise');
  return Array.from(uniforms, (u, i) => point(i, u, () => noise * (normals.normals(1)[0] ?? 0)));
}

function moon(i: number, u: number, noise: () => number): Point {
  const label = i % 2;
  const angle = Math.PI * u;
  const side = label === 0 ? 1 : -1;
  return {
    x: 1.35 * side * Math.cos(angle) - 0.68 * side + noise(),
    y: 1.35 * side * Math.sin(angle) - 0.34 * side + noise(),
    label,
  };
}

function circle(i: number, u: number, noise: () => number): Point {
  const label = i % 2;
  const radius = label === 0 ? 0.8 : 1.9;
  return {x: radius * Math.cos(2 * Math.PI * u) + noise(), y: radius * Math.sin(2 * Math.PI * u) + noise(), label};
}

function spiral(i: number, u: number, noise: () => number): Point {
  const label = i % 2;
  const along = Math.sqrt(u);
  const angle = 3.2 * along * Math.PI * 0.8 + label * Math.PI;
  return {
    x: 2.1 * along * Math.cos(angle) + 0.5 * noise(),
    y: 2.1 * along * Math.sin(angle) + 0.5 * noise(),
    label,
  };
}

function blob(i: number, _: number, noise: () => number): Point {
  const label = i % 3;
  const angle = (2 * Math.PI * label) / 3 + Math.PI / 2;
  return {x: 1.3 * Math.cos(angle) + 2 * noise(), y: 1.3 * Math.sin(angle) + 2 * noise(), label};
}

function sineWithGap(_: number, u: number, noise: () => number): Point {
  const x = u < 0.5 ? -2 + 2.6 * u : 0.7 + 2.6 * (u - 0.5);
  return {x, y: 1.3 * Math.sin(1.8 * x) + noise(), label: 0};
}

function step(_: number, u: number, noise: () => number): Point {
  const x = -2 + 4 * u;
  return {x, y: (x < 0 ? -1 : 1) + noise(), label: 0};
}

function fan(_: number, u: number, noise: () => number): Point {
  const x = -2 + 4 * u;
  return {x, y: 0.6 * x + ((x + 2) / 1.5) * noise(), label: 0};
}

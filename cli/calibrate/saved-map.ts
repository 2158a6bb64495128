import {readFile} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {z} from 'zod';
import type {ClassCalibration, RegressionCalibration} from '../../src/calibration/index.ts';
import {FormatError} from '../../src/errors.ts';
import {toJson} from '../output/json.ts';
import {describe} from '../read/open.ts';
import {writeAtomically} from '../write-atomically.ts';

/** A fitted calibration with what it was fitted on. */
export interface FittedMap {
  /** Number of classes; 0 for numbers. */
  readonly classes: number;
  readonly calibration: ClassCalibration | RegressionCalibration;
}

const FORMAT = 'tfjs-bayes calibration';
const numbers = z.array(z.number());
const positive = z.number().positive();
const curve = z
  .object({x: numbers.min(1), y: numbers.min(1)})
  .refine(({x, y}) => x.length === y.length && x.every((value, i) => i === 0 || value >= (x[i - 1] as number)));
const steps = z
  .object({edges: numbers, values: numbers.min(1)})
  .refine(({edges, values}) => values.length === edges.length + 1);
const held = z
  .object({scores: numbers.min(1), labels: numbers.min(1)})
  .refine(({scores, labels}) => scores.length === labels.length);
const linear = z.object({kind: z.enum(['vector', 'matrix', 'dirichlet']), weights: z.array(numbers), bias: numbers});

const calibration = z.union([
  z.object({method: z.literal('temperature'), temperature: positive}),
  z.object({method: z.enum(['vector', 'matrix', 'dirichlet']), scaling: linear}),
  z.object({method: z.literal('platt'), maps: z.array(z.object({slope: z.number(), intercept: z.number()}))}),
  z.object({method: z.literal('beta'), maps: z.array(z.object({a: z.number(), b: z.number(), c: z.number()}))}),
  z.object({method: z.enum(['histogram', 'bbq']), maps: z.array(steps)}),
  z.object({method: z.literal('isotonic'), maps: z.array(curve)}),
  z.object({method: z.literal('spline'), maps: z.array(curve)}),
  z.object({method: z.literal('irm'), map: curve}),
  z.object({method: z.literal('irova-ts'), temperature: positive, maps: z.array(curve)}),
  z.object({method: z.literal('venn-abers'), maps: z.array(held)}),
  z.object({method: z.literal('variance-scaling'), factor: positive}),
  z.object({method: z.literal('pit'), map: curve}),
]);

const schema = z
  .object({format: z.literal(FORMAT), version: z.literal(1), classes: z.int().min(0), calibration})
  .refine(({classes, calibration}) => fits(classes, calibration), {
    message: 'another number of classes',
    path: ['classes'],
  });

/** Whether a map is one of so many classes. */
function fits(classes: number, map: z.output<typeof calibration>): boolean {
  if (map.method === 'variance-scaling' || map.method === 'pit') return classes === 0;
  if (classes < 2) return false;
  if ('maps' in map) return map.maps.length === (classes === 2 ? 1 : classes);
  if (!('scaling' in map)) return true;
  const {kind, weights, bias} = map.scaling;
  const rows = kind === 'vector' ? 1 : classes;
  return bias.length === classes && weights.length === rows && weights.every((row) => row.length === classes);
}

/** Writes a map as JSON. */
export async function saveMap(path: string, {classes, calibration}: FittedMap): Promise<void> {
  const text = `${toJson({format: FORMAT, version: 1, classes, calibration})}\n`;
  await writeAtomically(dirname(path), {[basename(path)]: text}, '--save-map');
}

/**
 * Reads a map that {@link saveMap} wrote.
 *
 * @throws FormatError where the file is none.
 */
export async function loadMap(path: string): Promise<FittedMap> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new FormatError(
      `${path}: ${cause instanceof SyntaxError ? 'expected JSON, got text that is none.' : describe(cause)}`,
      {cause},
    );
  }
  const read = schema.safeParse(value);
  if (!read.success) {
    const at = read.error.issues[0]?.path.join('.') || 'the whole';
    throw new FormatError(
      `${path}: expected a map that --save-map wrote, got another at ${at.slice(0, 80)}. Fit it again.`,
    );
  }
  const {classes, calibration: found} = read.data;
  return {classes, calibration: found as FittedMap['calibration']};
}

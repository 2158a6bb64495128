import {basename, dirname} from 'node:path';
import {z} from 'zod';
import {DataError} from '../../src/errors.ts';
import {mixtureVarianceParts} from '../../src/metrics/index.ts';
import type {Io} from '../io.ts';
import {readValues} from '../options/read-command.ts';
import {integer, readingShape, readOptions, requiredFile, share, text} from '../options/reading.ts';
import {UsageError, type Values} from '../options/spec.ts';
import {toJson} from '../output/json.ts';
import {kindNames, type Labelled, type Predictions} from '../read/predictions.ts';
import {readLabelled, readPredictions} from '../read/read-predictions.ts';
import {writeAtomically} from '../write-atomically.ts';
import {classSets, setMethods} from './class-sets.ts';
import type {Conformal, ConformalRequest} from './conformal-result.ts';
import {quantileBands, quantileMethods, residualBands, residualMethods} from './number-intervals.ts';

const schema = z
  .object({
    ...readingShape,
    fit: requiredFile,
    apply: requiredFile,
    alpha: share.default(0.1),
    method: text.optional(),
    by: z.enum(['class', 'cluster'], 'expected class or cluster').optional(),
    seed: integer(0, 2 ** 31 - 1).optional(),
    out: text.optional(),
    json: z.boolean().default(false),
  })
  .refine(({fit, apply}) => fit !== apply, 'expected other examples in --apply than in --fit, got one file');

/** Makes sets or intervals and prints how they do. */
export async function run(_files: readonly string[], values: Values, io: Io): Promise<void> {
  const {fit, apply, alpha, method, by, seed, out, json, ...reading} = readValues(schema, values);
  const held = asGaussian(await readLabelled(fit, await readOptions(reading, io.readingOf(fit)))) as Labelled;
  const fresh = asGaussian(await readPredictions(apply, await readOptions(reading, io.readingOf(apply)), false));
  const request = {level: 1 - alpha, by, seed, classes: reading.classes};
  const result = conformalOf(held, fresh, method, request);
  if (out !== undefined) await writeAtomically(dirname(out), {[basename(out)]: result.csv});
  const {csv: _csv, ...numbers} = result;
  io.print(json ? toJson({...numbers, rows: fresh.rows}) : describe(result, fresh.rows, out));
}

function conformalOf(
  held: Labelled,
  fresh: Predictions,
  method: string | undefined,
  request: ConformalRequest,
): Conformal {
  const choose = <M extends string>(known: readonly [M, ...M[]]): M => {
    const found = method === undefined ? known[0] : known.find((name) => name === method);
    if (found !== undefined) return found;
    throw new UsageError(`--method: expected ${known.join(', ')} for ${kindNames[held.kind]}, got '${method}'`);
  };
  if (held.kind === 'classification' && fresh.kind === 'classification') {
    return classSets(held, fresh, choose(setMethods), request);
  }
  const {by, seed, level} = request;
  if (by !== undefined || seed !== undefined) {
    throw new UsageError(`expected --by and --seed with class probabilities, got ${kindNames[held.kind]}`);
  }
  if (held.kind === 'regression' && fresh.kind === 'regression') {
    return residualBands(held, fresh, choose(residualMethods), level);
  }
  if (held.kind === 'quantiles' && fresh.kind === 'quantiles') {
    return quantileBands(held, fresh, choose(quantileMethods), level);
  }
  throw new DataError(
    `conformal: expected class probabilities, mean and std, or quantiles in both files, got ${kindNames[held.kind]} and ` +
      `${kindNames[fresh.kind]}. Give those of one kind.`,
  );
}

/** Mean and total standard deviation of mixtures: conformal intervals hold whatever the scale is. */
function asGaussian(predictions: Predictions): Predictions {
  if (predictions.kind !== 'mixture') return predictions;
  const {means, stds, rows, truth, where} = predictions;
  const {mean, total} = mixtureVarianceParts(means, {data: stds.data.map((s) => s * s), shape: stds.shape});
  return {kind: 'regression', rows, truth, where, mean, std: total.map(Math.sqrt)};
}

const labels: {readonly [name: string]: string} = {
  meanSize: 'mean size of the sets',
  meanWidth: 'mean width of the intervals',
  coverage: 'coverage reached',
  coverageGap: 'mean gap of coverage over classes',
  sizeStratifiedViolation: 'largest gap of coverage over sizes',
  intervalScore: 'interval score',
};

function describe(
  {method, level, calibrated, threshold, scores}: Conformal,
  rows: number,
  out: string | undefined,
): string {
  const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
  const shown = (name: string, value: number): string =>
    /coverage|Violation/.test(name) ? percent(value) : value.toPrecision(4);
  const infinite = (typeof threshold === 'number' ? [threshold] : threshold).filter((each) => each === Infinity).length;
  return [
    `${method} at ${percent(level)}, from ${calibrated.toLocaleString('en')} labelled rows, for ${rows.toLocaleString('en')} rows`,
    ...(typeof threshold === 'number'
      ? [`threshold: ${threshold.toPrecision(4)}`]
      : [`thresholds: one for each of ${threshold.length} classes`]),
    ...(infinite === 0
      ? []
      : [
          `${infinite} of them infinite, for want of labelled rows: ${typeof threshold === 'number' ? 'everything' : 'such a class'} is always held`,
        ]),
    ...Object.entries(scores).map(([name, value]) => `${labels[name] ?? name}: ${shown(name, value)}`),
    ...(out === undefined ? [] : ['', `Wrote ${out}.`]),
  ].join('\n');
}

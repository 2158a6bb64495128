import {basename, dirname} from 'node:path';
import {z} from 'zod';
import {formatTable} from '../../src/evaluation/format-table.ts';
import type {Io} from '../io.ts';
import {formatOf, oneFormat, oneFormatMessage, printingShape} from '../options/printing.ts';
import {readValues} from '../options/read-command.ts';
import {integer, readingShape, readOptions, text} from '../options/reading.ts';
import type {Values} from '../options/spec.ts';
import {toJson} from '../output/json.ts';
import {predictionsCsv} from '../output/predictions-csv.ts';
import type {Labelled, Predictions} from '../read/predictions.ts';
import {readLabelled, readPredictions} from '../read/read-predictions.ts';
import {type Scores, scoreStream} from '../scores/score-stream.ts';
import {scoreTable} from '../scores/score-table.ts';
import {writeAtomically} from '../write-atomically.ts';
import {applyMap, asQuantiles, fitMap} from './fit-map.ts';
import {type FittedMap, loadMap, saveMap} from './saved-map.ts';

const schema = z
  .object({
    ...readingShape,
    ...printingShape,
    fit: text.optional(),
    map: text.optional(),
    apply: text.optional(),
    method: text.optional(),
    out: text.optional(),
    'save-map': text.optional(),
    bins: integer(1, 1000).default(15),
  })
  .refine(oneFormat, oneFormatMessage)
  .refine(({fit, map}) => (fit === undefined) !== (map === undefined), 'expected one of --fit and --map')
  .refine(
    ({map, method}) => map === undefined || method === undefined,
    'expected --method with --fit, got it with --map',
  )
  .refine(({apply, out}) => apply !== undefined || out === undefined, 'expected --apply FILE where there is --out')
  .refine(
    (given) => given.apply !== undefined || given['save-map'] !== undefined,
    'expected --apply FILE, or --save-map FILE for later',
  )
  .refine(
    ({fit, apply}) => fit === undefined || fit !== apply,
    'expected other examples in --apply than in --fit, got one file',
  );

type Options = z.output<typeof schema>;

/** Fits or loads a calibration, applies it, and prints what it changed. */
export async function run(_files: readonly string[], values: Values, io: Io): Promise<void> {
  const options = readValues(schema, values);
  const {fit, apply, out, bins} = options;
  const read = async (path: string) => readOptions(options, io.readingOf(path));
  const map =
    fit === undefined
      ? await loadMap(options.map as string)
      : fitMap(await readLabelled(fit, await read(fit)), options.method);
  if (options['save-map'] !== undefined) await saveMap(options['save-map'], map);
  const before = apply === undefined ? undefined : await readPredictions(apply, await read(apply), false);
  const after = before === undefined ? undefined : applyMap(before, map);
  if (out !== undefined && after !== undefined) {
    await writeAtomically(dirname(out), {[basename(out)]: predictionsCsv(after)});
  }
  const scores = [comparable(before, after), after].flatMap((predictions) => scored(predictions, bins));
  io.print(report(map, scores, options));
}

/** What was before, in the form of what is after. */
function comparable(before: Predictions | undefined, after: Predictions | undefined): Predictions | undefined {
  return before?.kind === 'regression' && after?.kind === 'quantiles' ? asQuantiles(before) : before;
}

function scored(predictions: Predictions | undefined, bins: number): Scores[] {
  if (predictions?.truth === undefined) return [];
  const scorer = scoreStream(predictions.kind, bins);
  scorer.update(predictions as Labelled);
  return [scorer.result()];
}

function report({calibration}: FittedMap, scores: readonly Scores[], options: Options): string {
  const format = formatOf(options);
  const [before, after] = scores;
  if (format === 'json') return toJson({calibration, ...(after === undefined ? {} : {before, after})});
  const both = [before, after].flatMap((each, i) =>
    each === undefined ? [] : [{name: i === 0 ? 'before' : 'after', scores: each.scores}],
  );
  const table = both.length === 0 ? '' : formatTable(scoreTable(both), {style: format});
  if (format !== 'text') return table;
  const lines = [summary(calibration), ...(table === '' ? [] : ['', table])];
  const written = [options.out, options['save-map']].filter((path) => path !== undefined);
  if (written.length > 0) lines.push('', `Wrote ${written.join(' and ')}.`);
  return lines.join('\n');
}

/** The map in one line. */
function summary(calibration: FittedMap['calibration']): string {
  const judgement = (factor: number): string => (factor > 1 ? 'too sure' : 'not sure enough');
  if (calibration.method === 'temperature') {
    const {temperature} = calibration;
    return `Temperature ${temperature.toPrecision(4)}: the model was ${judgement(temperature)}.`;
  }
  if (calibration.method === 'variance-scaling') {
    const {factor} = calibration;
    return `Factor ${factor.toPrecision(4)} of the standard deviations: the model was ${judgement(factor)}.`;
  }
  return `Calibrated with ${calibration.method}.`;
}

import {basename, dirname, join} from 'node:path';
import {z} from 'zod';
import {comparisonTable} from '../../src/evaluation/comparison-table.ts';
import type {Evaluation} from '../../src/evaluation/evaluation.ts';
import {formatTable} from '../../src/evaluation/format-table.ts';
import type {Io} from '../io.ts';
import {formatOf, oneFormat, oneFormatMessage, printingShape} from '../options/printing.ts';
import {readValues} from '../options/read-command.ts';
import {integer, readingShape, readOptions, text} from '../options/reading.ts';
import {UsageError, type Values} from '../options/spec.ts';
import {toJson} from '../output/json.ts';
import {scoreTable} from '../scores/score-table.ts';
import {writeAtomically} from '../write-atomically.ts';
import {type Judged, judgeFile} from './judge-file.ts';
import {modelNames, sameTruth} from './same-test-set.ts';

const schema = z
  .object({
    ...readingShape,
    ...printingShape,
    bins: integer(1, 1000).default(15),
    html: text.optional(),
    out: text.optional(),
    title: text.optional(),
    stream: z.boolean().default(false),
    details: z.boolean().default(false),
    ordinal: z.boolean().default(false),
    intervals: z.enum(['analytic', 'bootstrap'], 'expected analytic or bootstrap').optional(),
  })
  .refine(oneFormat, oneFormatMessage);

/** Scores files of predictions, writes the report where asked, and prints the scores. */
export async function run(files: readonly string[], values: Values, io: Io): Promise<void> {
  const options = readValues(schema, values);
  const {html, out, title, bins, stream, ordinal, intervals} = options;
  const details = options.details || html !== undefined || out !== undefined;
  const asked = {bins, details, ordinal, intervals: intervals ?? 'analytic'} as const;
  const names = modelNames(files);
  const judged: Judged[] = [];
  for (const [i, path] of files.entries()) {
    const reading = await readOptions(options, io.readingOf(path));
    const next = await judgeFile(path, names[i] as string, {reading, asked, stream});
    if (judged[0] !== undefined) sameTruth(judged[0], next);
    if (next.streamed && (options.details || intervals !== undefined)) {
      io.warn(
        `tfjs-bayes: ${path} is read as a stream: no further scores and no intervals, which need all rows at once.`,
      );
    }
    judged.push(next);
  }
  const written = await writeReport(judged, {html, out, title});
  const format = formatOf(options);
  if (format === 'json') return io.print(toJson(judged.map((each) => numbers(each, options.details))));
  const evaluations = judged.map(({evaluation}) => evaluation);
  const table = evaluations.every((each) => each !== undefined)
    ? comparisonTable(evaluations, {details: options.details})
    : scoreTable(judged);
  io.print(formatTable(table, {style: format, intervals: intervals !== undefined}));
  if (written !== '' && format === 'text') io.print(`\n${written}`);
}

function numbers({name, kind, count, scores, standardErrors, evaluation}: Judged, details: boolean): object {
  const {intervals, details: groups} = evaluation?.test ?? {};
  return {name, kind, count, scores, standardErrors, intervals, ...(details ? {details: groups} : {})};
}

/** Writes what was asked for; returns a sentence about it. */
async function writeReport(
  judged: readonly Judged[],
  {html, out, title}: {html: string | undefined; out: string | undefined; title: string | undefined},
): Promise<string> {
  if (html === undefined && out === undefined) return '';
  const evaluations = judged.flatMap(({evaluation}) => evaluation ?? []);
  if (evaluations.length < judged.length) {
    const {kind} = judged.find(({evaluation}) => evaluation === undefined) as Judged;
    throw new UsageError(
      `expected probabilities, or mean and std, for a page with plots, got ${kind}; leave --html and --out out`,
    );
  }
  // What draws plots takes a second to load.
  const {renderReport} = await import('../../src/report/index.ts');
  const page = await renderReport({...pageTexts(judged, title), evaluations});
  if (html !== undefined) await writeAtomically(dirname(html), {[basename(html)]: page}, '--html');
  if (out === undefined) return `Wrote ${html}.`;
  await writeAtomically(out, {
    'report.html': page,
    'scores.json': `${toJson(evaluations satisfies readonly Evaluation[])}\n`,
  });
  const places = [...(html === undefined ? [] : [html]), join(out, 'report.html'), join(out, 'scores.json')];
  return `Wrote ${places.join(' and ')}.`;
}

function pageTexts(judged: readonly Judged[], title: string | undefined) {
  const count = (judged[0]?.count ?? 0).toLocaleString('en');
  const notes = judged
    .filter(({pictured}) => pictured !== undefined)
    .map(
      ({name, pictured = 0}) =>
        `${name}: the plots show ${pictured.toLocaleString('en')} rows, evenly spread; the scores are of all.`,
    );
  return {
    title: title ?? `How sure, and how right: ${judged.map(({name}) => name).join(', ')}`,
    description: `${count} test examples from ${judged.map(({path}) => basename(path)).join(', ')}.`,
    notes,
  };
}

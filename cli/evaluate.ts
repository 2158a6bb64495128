import {basename, extname, join} from 'node:path';
import {DataError} from '../src/errors.ts';
import {compare} from '../src/evaluation/compare.ts';
import {evaluatePredictions} from '../src/evaluation/evaluate-predictions.ts';
import type {Evaluation} from '../src/evaluation/evaluation.ts';
import {formatTable} from '../src/evaluation/format-table.ts';
import {renderReport} from '../src/report/report.ts';
import type {Predictions} from './predictions.ts';
import {readPredictions} from './read-predictions.ts';
import {writeAtomically} from './write-atomically.ts';

/** What `tfjs-bayes evaluate` was asked to do. */
export interface EvaluateCommand {
  /** Files of predictions, one per model. */
  readonly files: readonly string[];
  /** Folder for report.html and scores.json. Default: nothing is written. */
  readonly out?: string;
  /** Print the numbers as JSON instead of a table. */
  readonly json: boolean;
  /** Heading of the report. */
  readonly title?: string;
  /** Bins of the calibration error. */
  readonly bins: number;
}

/** Evaluates files of predictions, writes the report where asked, and returns what is to be printed. */
export async function evaluateFiles({files, out, json, title, bins}: EvaluateCommand): Promise<string> {
  const predictions = await Promise.all(files.map(readPredictions));
  checkSameTestSet(files, predictions);
  const names = modelNames(files);
  const evaluations = predictions.map((prediction, i) => {
    const name = names[i] ?? '';
    return prediction.kind === 'classification'
      ? evaluatePredictions(prediction, {name, bins})
      : evaluatePredictions(prediction, {name});
  });
  const lines = [json ? toJson(evaluations.map(numbers)) : formatTable(compare(evaluations))];
  if (out !== undefined) {
    const count = evaluations[0]?.test.count.toLocaleString('en') ?? '';
    const page = await renderReport({
      title: title ?? `How sure, and how right: ${names.join(', ')}`,
      description: `${count} test examples from ${files.map((file) => basename(file)).join(', ')}.`,
      evaluations,
    });
    await writeAtomically(out, {'report.html': page, 'scores.json': `${toJson(evaluations)}\n`});
    if (!json) lines.push('', `Wrote ${join(out, 'report.html')} and ${join(out, 'scores.json')}.`);
  }
  return lines.join('\n');
}

/** The name of each file without folder and extension, or with them as far as that is needed to tell files apart. */
function modelNames(files: readonly string[]): string[] {
  const candidates = [files.map((file) => basename(file, extname(file))), files.map((file) => basename(file))];
  return candidates.find((names) => new Set(names).size === files.length) ?? [...files];
}

function checkSameTestSet(files: readonly string[], predictions: readonly Predictions[]): void {
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new DataError(`expected different files, got ${twice} twice. Leave one out.`);
  const [first] = predictions;
  for (const [i, other] of predictions.entries()) {
    const both = `${files[0]} and ${files[i]}`;
    if (first === undefined) continue;
    if (first.kind !== other.kind) {
      throw new DataError(`expected predictions of one kind, got classes and numbers in ${both}. Evaluate them apart.`);
    }
    const [a, b] = [truths(first), truths(other)];
    if (a.length !== b.length) {
      throw new DataError(
        `expected the same test set in ${both}, got ${a.length} and ${b.length} rows. Evaluate them apart.`,
      );
    }
    const row = Array.from(a).findIndex((value, j) => !alike(value, b[j] as number));
    if (row >= 0) {
      throw new DataError(
        `expected the same test set in the same order in ${both}, got ${a[row]} and ${b[row]} as the truth of example ` +
          `${row}. Evaluate them apart or sort one like the other.`,
      );
    }
  }
}

function truths(predictions: Predictions): ArrayLike<number> {
  return predictions.kind === 'classification' ? predictions.labels : predictions.targets;
}

/** Targets may have passed through float32 in one file and not in the other. */
function alike(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}

function numbers({name, kind, test}: Evaluation): object {
  return {name, kind, count: test.count, scores: test.scores, standardErrors: test.standardErrors};
}

/** JSON has no infinities: they are written as text. */
function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : item),
    2,
  );
}

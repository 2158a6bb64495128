import {z} from 'zod';
import {DataError} from '../../src/errors.ts';
import {comparePaired} from '../../src/metrics/index.ts';
import {modelNames, sameTruth} from '../evaluate/same-test-set.ts';
import type {Io} from '../io.ts';
import {formatOf, oneFormat, oneFormatMessage, printingShape} from '../options/printing.ts';
import {readValues} from '../options/read-command.ts';
import {readingShape, readOptions, share, text} from '../options/reading.ts';
import {UsageError, type Values} from '../options/spec.ts';
import {toJson} from '../output/json.ts';
import type {Contest} from './contest.ts';
import {meanRanks} from './mean-ranks.ts';
import {printComparison} from './print-comparison.ts';
import {type Charged, readLosses} from './read-losses.ts';

const schema = z
  .object({
    ...readingShape,
    ...printingShape,
    baseline: text.optional(),
    confidence: share.default(0.95),
    test: z.enum(['paired-t', 'sign-flip'], 'expected paired-t or sign-flip').default('paired-t'),
  })
  .refine(oneFormat, oneFormatMessage);

/** Compares models by their losses of the same examples and prints the result. */
export async function run(files: readonly string[], values: Values, io: Io): Promise<void> {
  const options = readValues(schema, values);
  if (files.length < 2) throw new UsageError(`expected two files or more, got ${files.length}`);
  const names = modelNames(files);
  const base = options.baseline === undefined ? 0 : files.indexOf(options.baseline);
  if (base < 0) throw new UsageError(`--baseline: expected one of the files, got '${options.baseline}'`);
  const charged: Charged[] = [];
  for (const path of files) {
    const next = await readLosses(path, await readOptions(options, io.readingOf(path)));
    if (charged[0] !== undefined) sameTruth(charged[0], next);
    charged.push(next);
  }
  const shared = Object.keys(charged[0]?.losses ?? {}).filter((loss) =>
    charged.every(({losses}) => Object.hasOwn(losses, loss)),
  );
  if (shared.length === 0) {
    throw new DataError(
      `expected predictions with a loss in common, got none in ${files.join(', ')}. Compare those of one kind.`,
    );
  }
  const contests = shared.map((loss): Contest => {
    io.progress('comparing', shared.indexOf(loss), shared.length);
    return contest(loss, charged, names, base, options);
  });
  const format = formatOf(options);
  io.print(format === 'json' ? toJson(contests) : printComparison(contests, format));
}

function contest(
  loss: string,
  charged: readonly Charged[],
  names: readonly string[],
  base: number,
  {confidence, test}: {confidence: number; test: 'paired-t' | 'sign-flip'},
): Contest {
  const all = charged.map(({losses}) => losses[loss] as Float64Array);
  const {ranks, criticalDifference} = meanRanks(all);
  const usual = all[base] as Float64Array;
  return {
    loss,
    count: usual.length,
    level: confidence,
    criticalDifference,
    models: all.map((own, i) => {
      const model = {
        name: names[i] as string,
        mean: own.reduce((sum, value) => sum + value, 0) / own.length,
        meanRank: ranks[i] as number,
      };
      if (i === base) return model;
      if (!(own.every(Number.isFinite) && usual.every(Number.isFinite)) || own.length < 2) return model;
      const {difference, pValue} = comparePaired(own, usual, {level: confidence, test});
      return {...model, difference: {...difference, pValue, test}};
    }),
  };
}

import {basename, dirname} from 'node:path';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {z} from 'zod';
import {type Laplace, laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {compare, type Evaluation, evaluate, formatTable} from '../../src/evaluation/index.ts';
import {pointEstimate} from '../../src/posterior/index.ts';
import type {Io} from '../io.ts';
import {formatOf, oneFormat, oneFormatMessage, printingShape} from '../options/printing.ts';
import {readValues} from '../options/read-command.ts';
import {integer, nameList, requiredFile, text} from '../options/reading.ts';
import type {Values} from '../options/spec.ts';
import {toJson} from '../output/json.ts';
import {writeAtomically} from '../write-atomically.ts';
import {loadModel} from './load-model.ts';
import {predictiveCsv} from './predict-csv.ts';
import {type Examples, readExamples} from './read-examples.ts';

const structures = ['kron', 'full', 'diag', 'low-rank', 'functional', 'ella'] as const;
const backends = ['wasm', 'cpu', 'tfjs-node', 'tfjs-node-gpu', 'webgpu'] as const;
const likelihoods = ['classification', 'bernoulli', 'regression', 'poisson'] as const;
const oneOf = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `expected ${names.join(', ')}`);

const schema = z
  .object({
    ...printingShape,
    model: requiredFile,
    train: requiredFile,
    test: text.optional(),
    label: text.optional(),
    ignore: nameList.default([]),
    classes: nameList.optional(),
    likelihood: oneOf(likelihoods).optional(),
    weights: oneOf(['last-layer', 'all']).default('last-layer'),
    structure: oneOf(structures).default('kron'),
    tune: oneOf(['marginal-likelihood', 'none']).default('marginal-likelihood'),
    'prior-precision': z
      .string()
      .transform(Number)
      .refine((value) => value > 0 && value < Infinity, 'expected a number above 0')
      .optional(),
    'batch-size': integer(1, 1_000_000).default(256),
    backend: oneOf(backends).optional(),
    predictions: text.optional(),
    save: text.optional(),
    html: text.optional(),
  })
  .refine(oneFormat, oneFormatMessage)
  .refine(
    ({test, predictions, html}) => test !== undefined || (predictions ?? html) === undefined,
    'expected --test FILE where there is --predictions or --html',
  )
  .refine(
    ({test, save}) => test !== undefined || save !== undefined,
    'expected --test FILE to judge on, or --save FILE for later',
  );

type Options = z.output<typeof schema>;

/** Fits a Laplace approximation to a saved model and prints what it is worth. */
export async function run(_files: readonly string[], values: Values, io: Io): Promise<void> {
  const options = readValues(schema, values);
  await initBackend(options.backend === undefined ? {} : {prefer: options.backend});
  const model = await loadModel(options.model);
  const posterior = laplace(model, {
    weights: options.weights,
    structure: options.structure,
    ...(options.likelihood === undefined ? {} : {likelihood: options.likelihood}),
    ...(options['prior-precision'] === undefined ? {} : {priorPrecision: options['prior-precision']}),
  });
  try {
    const columns = await fitAndTune(posterior, model, options, io);
    if (options.save !== undefined) await posterior.save(options.save);
    const evaluations =
      options.test === undefined ? [] : await judge(posterior, model, {path: options.test, columns}, options, io);
    io.print(report(posterior, evaluations, options));
  } finally {
    posterior.dispose();
    model.dispose();
  }
}

/** A file of examples, and the columns of the training set that its own should be. */
interface Source {
  readonly path: string;
  readonly columns: readonly string[] | undefined;
}

function read(
  {path, columns}: Source,
  model: LayersModel,
  posterior: Laplace,
  {label, ignore, classes: names}: Options,
  io: Io,
): Promise<Examples> {
  const classes = posterior.likelihood.name === 'categorical';
  return readExamples(path, model, {truth: label, ignore, names, classes, columns, onRead: io.readingOf(path)});
}

/** Fits, and returns the names of the columns of inputs. */
async function fitAndTune(
  posterior: Laplace,
  model: LayersModel,
  options: Options,
  io: Io,
): Promise<readonly string[] | undefined> {
  const {x, y, columns} = await read({path: options.train, columns: undefined}, model, posterior, options, io);
  const rows = x.shape[0] ?? 0;
  let done = 0;
  try {
    await posterior.fit(x, y, {
      batchSize: options['batch-size'],
      callbacks: {
        onBatchEnd: (_, {size}) => {
          done += size;
          io.progress('fitting', Math.min(done, rows), rows);
        },
      },
    });
    if (options.tune === 'marginal-likelihood') await posterior.tune();
    return columns;
  } finally {
    x.dispose();
    y.dispose();
  }
}

/** Evaluations of the model as it is and of the posterior; writes predictions and the page where asked. */
async function judge(
  posterior: Laplace,
  model: LayersModel,
  test: Source,
  options: Options,
  io: Io,
): Promise<Evaluation[]> {
  const {x, y, truth} = await read(test, model, posterior, options, io);
  try {
    const batchSize = options['batch-size'];
    const asItIs = pointEstimate(model, {likelihood: posterior.likelihood});
    const evaluations = [
      await evaluate(asItIs, {test: {x, y}}, {name: 'model', batchSize}),
      await evaluate(posterior, {test: {x, y}}, {name: 'laplace', batchSize}),
    ];
    if (options.predictions !== undefined) {
      const predictive = await posterior.predict(x, {batchSize});
      const csv = await predictiveCsv(predictive, truth);
      predictive.dispose();
      await writeAtomically(dirname(options.predictions), {[basename(options.predictions)]: csv}, '--predictions');
    }
    if (options.html !== undefined) {
      const description = `${(x.shape[0] ?? 0).toLocaleString('en')} test examples from ${basename(test.path)}.`;
      const {renderReport} = await import('../../src/report/index.ts');
      const page = await renderReport({
        title: `A posterior for ${basename(dirname(options.model))}`,
        description,
        evaluations,
      });
      await writeAtomically(dirname(options.html), {[basename(options.html)]: page}, '--html');
    }
    return evaluations;
  } finally {
    x.dispose();
    y.dispose();
  }
}

function report(posterior: Laplace, evaluations: readonly Evaluation[], options: Options): string {
  const format = formatOf(options);
  const {priorPrecision, noiseScale, examples} = posterior;
  const logMarginalLikelihood = posterior.logMarginalLikelihood();
  if (format === 'json') {
    const judged = evaluations.map(({name, kind, test: {count, scores, standardErrors}}) => ({
      name,
      kind,
      count,
      scores,
      standardErrors,
    }));
    return toJson({examples, priorPrecision, noiseScale, logMarginalLikelihood, evaluations: judged});
  }
  const table = evaluations.length === 0 ? '' : formatTable(compare(evaluations), {style: format});
  if (format !== 'text') return table;
  const prior = typeof priorPrecision === 'number' ? priorPrecision.toPrecision(4) : 'several';
  const noise = noiseScale === undefined ? '' : `, noise scale ${noiseScale.toPrecision(4)}`;
  const written = [options.predictions, options.save, options.html].filter((path) => path !== undefined);
  return [
    `Laplace (${posterior.weights}, ${posterior.structure}) of ${examples.toLocaleString('en')} examples: prior precision ${prior}${noise}, ` +
      `log marginal likelihood ${logMarginalLikelihood.toFixed(1)}`,
    ...(table === '' ? [] : ['', table]),
    ...(written.length === 0 ? [] : ['', `Wrote ${written.join(' and ')}.`]),
  ].join('\n');
}

import {readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  type CorrectedMoments,
  diffusionFamily,
  fitVariational,
  flowFamily,
  forwardBackwardGaussian,
  fullRank,
  type GaussianMoments,
  type ImportanceSample,
  importanceSample,
  inverseAutoregressiveFlow,
  type Model,
  meanField,
  type VariationalFamily,
  type VariationalTarget,
} from '../inference/index.ts';
import {scalarChains} from '../src/diagnostics/draws.ts';
import {createRng, initBackend} from '../src/index.ts';
import {cholesky, logDeterminant} from '../src/linalg/index.ts';
import {pose, posteriors} from './posteriordb/posteriors.ts';
import {appendLine, readLines} from './support/json-lines.ts';
import {markdownTable} from './support/markdown.ts';
import {runAsProgram} from './support/program.ts';

const JUDGED = {draws: 10_000};
const fixtures = new URL('posteriordb/data/', import.meta.url);

interface Row {
  readonly posterior: string;
  readonly family: string;
  /** Largest distance of a mean from the reference, in its standard deviations. */
  readonly meanError: number;
  /** Largest relative error of a standard deviation. */
  readonly sdError: number;
  /** The same two where the draws are weighed. */
  readonly correctedMeanError: number;
  readonly correctedSdError: number;
  readonly elbo: number;
  readonly kHat: number;
  readonly seconds: number;
}

type Fit = (model: Model) => Promise<ImportanceSample>;

/** Fits, judges, and throws the family away. */
async function fitted(
  target: VariationalTarget,
  family: VariationalFamily,
  options: {steps?: number; samples?: number; clipNorm?: number; learningRate?: (step: number) => number} = {},
): Promise<ImportanceSample> {
  await fitVariational(target, {family, steps: 1500, importance: false, rng: createRng(1), ...options});
  const sample = await importanceSample(target, family, {...JUDGED, rng: createRng(2)});
  family.dispose();
  return sample;
}

/** The target in coordinates in which a Gaussian is standard normal. */
function whitened(model: Model, {mean, covariance}: GaussianMoments): VariationalTarget & {dimension: number} {
  const {factor} = cholesky(covariance);
  const [shift, root] = [
    tf.tensor1d(Float32Array.from(mean)),
    tf.tensor2d(Float32Array.from(factor.data), [factor.rows, factor.cols]),
  ];
  const volume = logDeterminant(factor) / 2;
  const back = (u: tf.Tensor2D) => tf.add(tf.matMul(u, root, false, true), shift) as tf.Tensor2D;
  return {
    dimension: model.dimension,
    logDensity: (u) => tf.add<tf.Tensor1D>(model.logDensity(back(u)), volume),
    logDensityTerms: (u) => tf.concat2d([model.logDensityTerms(back(u)), tf.fill([u.shape[0], 1], volume)], 1),
    constrain: (u) => model.constrain(back(u)),
  };
}

const FITS: Record<string, Fit> = {
  'mean-field': (model) => fitted(model, meanField(model)),
  'full-rank': (model) => fitted(model, fullRank(model)),
  'full-rank, forward-backward': async (model) => {
    const family = fullRank({dimension: model.dimension, ...(await forwardBackwardGaussian(model))});
    const sample = await importanceSample(model, family, {...JUDGED, rng: createRng(2)});
    family.dispose();
    return sample;
  },
  'autoregressive flow': async (model) => {
    const flow = inverseAutoregressiveFlow({dimension: model.dimension, hidden: [64], logScale: 0, weightScale: 0.1});
    return fitted(model, flowFamily(flow, {around: await forwardBackwardGaussian(model)}), {samples: 32});
  },
  'diffusion (DMVI)': async (model) => {
    const target = whitened(model, await forwardBackwardGaussian(model));
    return fitted(target, diffusionFamily({...target, scale: 1}), {samples: 32, steps: 2500});
  },
};

function errors(posterior: string, moments: (label: string) => CorrectedMoments): [number, number] {
  const text = readFileSync(new URL(`${posterior}.json`, fixtures), 'utf8');
  const {reference} = JSON.parse(text) as {reference: Record<string, {mean: number; sd: number}>};
  const all = Object.entries(reference).map(([label, {mean, sd}]) => {
    const ours = moments(label.replace(/\[(\d+)\]/, (_, i) => `[${Number(i) - 1}]`));
    return [Math.abs(ours.mean - mean) / sd, Math.abs(ours.sd / sd - 1)] as const;
  });
  return [Math.max(...all.map(([mean]) => mean)), Math.max(...all.map(([, sd]) => sd))];
}

function plainMoments(sample: ImportanceSample): (label: string) => CorrectedMoments {
  const chains = scalarChains(sample.draws);
  return (label) => {
    const [values] = chains.get(label) as [Float64Array];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return {mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)};
  };
}

async function measure(posterior: (typeof posteriors)[number], family: string, approximate: Fit): Promise<Row> {
  const {model, data} = pose(posterior);
  const start = performance.now();
  const sample = await approximate(model);
  const seconds = (performance.now() - start) / 1000;
  tf.dispose(data);
  const corrected = sample.corrected();
  const [meanError, sdError] = errors(posterior, plainMoments(sample));
  const [correctedMeanError, correctedSdError] = errors(posterior, (label) => corrected[label] as CorrectedMoments);
  return {
    posterior,
    family,
    meanError,
    sdError,
    correctedMeanError,
    correctedSdError,
    elbo: sample.elbo.value,
    kHat: sample.shape,
    seconds,
  };
}

/** A Markdown table, posterior by posterior. */
function tableOf(rows: readonly Row[]): string {
  const cells = posteriors.flatMap((posterior) =>
    Object.keys(FITS)
      .flatMap((family) => rows.filter((row) => row.posterior === posterior && row.family === family))
      .map((row) => [
        posterior.split('-')[0] ?? posterior,
        row.family,
        ...[row.meanError, row.sdError, row.kHat, row.correctedMeanError, row.correctedSdError, row.elbo].map((value) =>
          value.toFixed(2),
        ),
        row.seconds.toFixed(0),
      ]),
  );
  const head = ['posterior', 'family', 'mean', 'sd', 'k-hat', 'mean, weighed', 'sd, weighed', 'bound', 'seconds'];
  return markdownTable(head, cells, {words: 2});
}

/**
 * `npm run bench:variational-inference -- [--out FILE] [--table]`: variational families on six posteriors of posteriordb, as a Markdown
 * table: how far means and standard deviations are from Stan's reference draws, worst parameter, in posterior standard deviations;
 * k-hat; the same errors where draws are weighed; the time. Each finished fit is appended to FILE, so that a run that was stopped
 * goes on where it was; `--table` only prints what FILE holds.
 */
async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      out: {type: 'string', default: join(tmpdir(), 'tfjs-bayes-variational-inference.jsonl')},
      table: {type: 'boolean', default: false},
    },
  });
  if (!values.table) {
    await initBackend({prefer: 'wasm'});
    for (const [family, approximate] of Object.entries(FITS)) {
      for (const posterior of posteriors) {
        if (readLines<Row>(values.out).some((row) => row.posterior === posterior && row.family === family)) continue;
        const row = await measure(posterior, family, approximate);
        appendLine(values.out, row);
        console.log(`${posterior}, ${family}: ${row.seconds.toFixed(0)} s`);
      }
    }
  }
  console.log(tableOf(readLines<Row>(values.out)));
}

await runAsProgram(import.meta.filename, main);

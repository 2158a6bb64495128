import * as tf from '@tensorflow/tfjs-core';
import type {Json, LoadContext, SavedPosterior} from '../src/io/index.ts';
import {type LikelihoodConfig, likelihoodFromConfig} from '../src/likelihoods/index.ts';
import {checkArchitecture} from './checks.ts';
import {createHost} from './host.ts';
import {SAVED_KIND, SAVED_VERSION} from './saved.ts';
import type {SwagFields} from './swag-fields.ts';
import type {SwagMoments} from './swag-moments.ts';

type Arrays = SavedPosterior['arrays'];

interface SwagTerms {
  readonly method: 'swag';
  readonly architecture: string;
  readonly output: string | null;
  readonly likelihood: LikelihoodConfig;
  readonly scale: number;
  /** Of each run, vectors seen and deviations kept. */
  readonly runs: readonly {readonly count: number; readonly rank: number}[];
  /** Shapes of the inputs for BatchNormalization. */
  readonly inputs: readonly number[][] | null;
}

/** A SWAG posterior in the form of `src/io`. */
export async function swagToSaved({
  host,
  likelihood,
  runs,
  scale,
  rest,
  inputs,
  output,
}: SwagFields): Promise<SavedPosterior> {
  const arrays: Record<string, Float32Array | Float64Array> = {};
  runs.forEach((run, r) => {
    Object.assign(arrays, packMoments(run, `${r}/`));
  });
  for (const [i, tensor] of rest.entries()) arrays[`rest/${i}`] = Float32Array.from(await tensor.data());
  for (const [i, tensor] of (inputs ?? []).entries()) arrays[`inputs/${i}`] = Float32Array.from(await tensor.data());
  const terms: SwagTerms = {
    method: 'swag',
    architecture: host.architecture,
    output: output ?? null,
    likelihood: likelihood.getConfig(),
    scale,
    runs: runs.map(({count, deviations}) => ({count, rank: deviations.length})),
    inputs: inputs?.map(({shape}) => shape) ?? null,
  };
  return {kind: SAVED_KIND, version: SAVED_VERSION, config: terms as unknown as Record<string, Json>, arrays};
}

/** What {@link swagToSaved} wrote, for a model of the same architecture. */
export function swagFromSaved({config, arrays}: SavedPosterior, {model, likelihood}: LoadContext): SwagFields {
  const terms = config as unknown as SwagTerms;
  const output = terms.output ?? undefined;
  const host = createHost(model, 'loadPosterior', output);
  checkArchitecture(host, terms.architecture, 'loadPosterior');
  const tensor = (name: string, shape: readonly (number | null)[]): tf.Tensor =>
    tf.keep(tf.tensor(arrays[name] as Float32Array, shape as number[], 'float32'));
  return {
    host,
    likelihood: likelihood ?? likelihoodFromConfig(terms.likelihood),
    scale: terms.scale,
    runs: terms.runs.map((sizes, r) => unpackMoments(sizes, arrays, `${r}/`)),
    rest: host.variables.map(({shape}, i) => tensor(`rest/${i}`, shape)),
    inputs: terms.inputs?.map((shape, i) => tensor(`inputs/${i}`, shape)),
    output,
  };
}

/** The arrays of one run, by name. */
export function packMoments({mean, variance, deviations}: SwagMoments, prefix = ''): Arrays {
  const named = deviations.map((deviation, k) => [`${prefix}deviation/${k}`, deviation]);
  return {[`${prefix}mean`]: mean, [`${prefix}variance`]: variance, ...Object.fromEntries(named)};
}

/** What {@link packMoments} packed, of a run of `count` vectors with `rank` deviations. */
export function unpackMoments(
  {count, rank}: {readonly count: number; readonly rank: number},
  arrays: Arrays,
  prefix = '',
): SwagMoments {
  return {
    count,
    mean: arrays[`${prefix}mean`] as Float64Array,
    variance: arrays[`${prefix}variance`] as Float64Array,
    deviations: Array.from({length: rank}, (_, k) => arrays[`${prefix}deviation/${k}`] as Float32Array),
  };
}

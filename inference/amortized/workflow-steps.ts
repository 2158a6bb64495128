import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {Evaluate} from '../mcmc/target.ts';
import {type DatasetOutcome, outcomeMoments} from './dataset-outcome.ts';
import type {DataSets} from './simulator.ts';
import {WorkflowDensity} from './workflow-density.ts';
import {type Correction, correct, distinctRows, resample} from './workflow-importance.ts';
import {type AmortizedSampler, appendDraws, drawNetworks, type NetworkDraws} from './workflow-networks.ts';
import type {WorkflowSettings} from './workflow-options.ts';
import {sampleFrom} from './workflow-sampler.ts';
import {sideBySide} from './workflow-side-by-side.ts';

/** How many times the draws of step 1 a data set may be given for its weights to be worth enough. */
const MOST = 8;

/** A data set between two steps. */
interface Candidate {
  /** Its place among the data sets at hand. */
  readonly place: number;
  readonly rng: Rng;
  /** What would be returned if no further step followed. */
  readonly outcome: DatasetOutcome;
  readonly drawn: NetworkDraws;
}

/** A data set after step 2. */
interface Weighed extends Candidate {
  readonly correction: Correction;
}

/**
 * Takes some data sets through the steps: draws of the networks, importance weights where these are not to be trusted, a
 * sampler where the weights are not. Each data set has a stream of its own, and its outcome depends on no other data set.
 */
export async function takeSteps(
  amortized: AmortizedSampler,
  settings: WorkflowSettings,
  dataSets: DataSets,
  {indices, rng}: {indices: readonly number[]; rng: Rng},
): Promise<DatasetOutcome[]> {
  const density = new WorkflowDensity(settings.model, dataSets, settings.paired);
  const drawn = await drawAmortized(amortized, settings, dataSets, {indices, rng});
  const flagged = drawn.filter(({outcome}) => settings.correct === 'all' || outcome.diagnostics.outOfDistribution);
  const first = await weigh(flagged, density, settings);
  const more = await drawMore(amortized, settings, dataSets, first);
  const again = new Map((await weigh(more, density, settings)).map((one) => [one.place, one]));
  const weighed = first.map((one) => again.get(one.place) ?? one);
  const left = new Map(weighed.filter(({outcome}) => outcome.status !== 'accepted').map((one) => [one.place, one]));
  const sampled = await sideBySide([...left.keys()], density, (place, evaluate) =>
    sample(left.get(place) as Weighed, evaluate, settings, amortized.dimension),
  );
  const outcomes = drawn.map(({outcome}) => outcome);
  for (const {place, outcome} of weighed) outcomes[place] = outcome;
  [...left.keys()].forEach((place, i) => {
    outcomes[place] = sampled[i] as DatasetOutcome;
  });
  return outcomes;
}

/** Step 1: draws of the networks, and how far the data sets lie from those of training. */
async function drawAmortized(
  amortized: AmortizedSampler,
  {draws, outOfDistribution}: WorkflowSettings,
  dataSets: DataSets,
  {indices, rng}: {indices: readonly number[]; rng: Rng},
): Promise<Candidate[]> {
  const summaries = tf.tidy(() => amortized.summaries(dataSets));
  const distances = await outOfDistribution.distances(summaries);
  summaries.dispose();
  const rngs = indices.map((index) => rng.fork(index));
  const streams = rngs.map((stream) => stream.fork('amortized'));
  const drawn = await drawNetworks(amortized, dataSets, {places: [...indices.keys()], streams, draws});
  return drawn.map((found, place) => {
    const distance = distances[place] as number;
    const diagnostics = {distance, outOfDistribution: !(distance <= outOfDistribution.threshold)};
    const index = indices[place] as number;
    return {
      place,
      rng: rngs[place] as Rng,
      drawn: found,
      outcome: {index, status: 'accepted', step: 'amortized', draws: found.draws, diagnostics},
    };
  });
}

/** Step 2: the draws corrected by importance weights. What these cannot correct keeps its draws for the sampler. */
async function weigh(
  candidates: readonly Candidate[],
  density: WorkflowDensity,
  {correction: kind, leastEss}: WorkflowSettings,
): Promise<Weighed[]> {
  const targets = await density.values(candidates.map(({place, drawn}) => ({dataSet: place, points: drawn.draws})));
  return candidates.map(({place, rng, drawn, outcome: {index, diagnostics}}, i) => {
    const correction = correct(targets[i] as Float64Array, drawn.logDensity);
    const {shape, threshold, ess, logWeights} = correction;
    const accepted = shape <= threshold && ess >= leastEss;
    const resampled = accepted && kind === 'resample';
    const outcome: DatasetOutcome = {
      index,
      status: accepted ? 'accepted' : 'needs-review',
      step: 'importance',
      draws: resampled ? resample(drawn.draws, logWeights, rng.fork('resample')) : drawn.draws,
      ...(accepted && !resampled ? {logWeights} : {}),
      diagnostics: {...diagnostics, paretoShape: shape, importanceEss: ess},
    };
    return {place, rng, drawn, outcome, correction};
  });
}

/** Further draws where the weights are to be trusted, but worth too few independent draws, and where so many are enough. */
async function drawMore(
  amortized: AmortizedSampler,
  {draws, leastEss}: WorkflowSettings,
  dataSets: DataSets,
  candidates: readonly Weighed[],
): Promise<Candidate[]> {
  const extended: Candidate[] = [];
  for (const candidate of candidates) {
    const {shape, threshold, ess} = candidate.correction;
    const times = Math.ceil((1.25 * leastEss) / ess);
    if (shape > threshold || ess >= leastEss || times > MOST) continue;
    const {place, rng, drawn} = candidate;
    const streams = [rng.fork('more')];
    const [others] = await drawNetworks(amortized, dataSets, {places: [place], streams, draws: (times - 1) * draws});
    extended.push({...candidate, drawn: appendDraws(drawn, others as NetworkDraws)});
  }
  return extended;
}

/** Step 3: a sampler that begins at distinct draws, chosen by their weights. */
async function sample(
  {rng, outcome: {index, draws, diagnostics}, correction}: Weighed,
  evaluate: Evaluate,
  settings: WorkflowSettings,
  dimension: number,
): Promise<DatasetOutcome> {
  const rows = distinctRows(correction.logWeights, settings.sampler.chains, rng.fork('start'));
  const points = rows.map((row) => Float64Array.from(draws.subarray(row * dimension, (row + 1) * dimension)));
  const scales = outcomeMoments({draws}, dimension).sd.map((sd) => (sd > 0 && Number.isFinite(sd) ? sd : 1));
  try {
    if (points.length === 0) throw new Error('no draw of the networks has a finite density under the model');
    const sampled = await sampleFrom({points, scales}, evaluate, settings, rng.fork('sampler'));
    const doubtful = points.length < settings.sampler.chains; // R-hat cannot judge chains that start at one point
    const status = doubtful ? 'needs-review' : sampled.status;
    return {index, step: 'mcmc', ...sampled, status, diagnostics: {...diagnostics, ...sampled.diagnostics}};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {index, status: 'failed', step: 'mcmc', draws: new Float32Array(0), diagnostics, message};
  }
}

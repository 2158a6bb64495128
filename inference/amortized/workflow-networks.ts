import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {AmortizedPosterior} from './amortized-posterior.ts';
import {type DataSets, mapTensors} from './simulator.ts';

/** What the workflow needs of an amortized posterior. */
export type AmortizedSampler = Pick<AmortizedPosterior, 'dimension' | 'sample' | 'summaries'>;

/** Draws of the networks for one data set. */
export interface NetworkDraws {
  /** Row after row of theta. */
  readonly draws: Float32Array;
  /** log q at each. */
  readonly logDensity: Float32Array;
}

/** Rows of theta that the networks draw in one tensor pass. */
const ROWS = 16384;

/** Draws given each of some data sets, from a stream for each; several data sets to a tensor pass. */
export async function drawNetworks(
  amortized: AmortizedSampler,
  dataSets: DataSets,
  {places, streams, draws}: {places: readonly number[]; streams: readonly Rng[]; draws: number},
): Promise<NetworkDraws[]> {
  const drawn: NetworkDraws[] = [];
  const together = Math.max(Math.floor(ROWS / draws), 1);
  const size = draws * amortized.dimension;
  for (let from = 0; from < places.length; from += together) {
    const some = places.slice(from, from + together);
    const {theta, logDensity} = tf.tidy(() => {
      const index = tf.tensor1d(some, 'int32');
      const part = mapTensors(dataSets, (sets) => tf.gather(sets, index));
      return {...amortized.sample(part, {draws, rng: streams.slice(from, from + together)})};
    });
    const [points, densities] = (await Promise.all([theta.data(), logDensity.data()])) as [Float32Array, Float32Array];
    tf.dispose([theta, logDensity]);
    some.forEach((_, i) => {
      drawn.push({
        draws: points.slice(i * size, (i + 1) * size),
        logDensity: densities.slice(i * draws, (i + 1) * draws),
      });
    });
  }
  return drawn;
}

/** The first draws and then the others. */
export function appendDraws(first: NetworkDraws, others: NetworkDraws): NetworkDraws {
  return {draws: joined(first.draws, others.draws), logDensity: joined(first.logDensity, others.logDensity)};
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

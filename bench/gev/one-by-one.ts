import * as tf from '@tensorflow/tfjs-core';
import {nuts} from '../../inference/index.ts';
import {scalarChains} from '../../src/diagnostics/draws.ts';
import {createRng} from '../../src/random/index.ts';
import {gevModel} from './model.ts';
import {momentsOf, type SampledMoments, startingPoints} from './reference.ts';

/** Chains, warm-up and draws of each: 2000 draws, as many as the workflow gives. */
export const BASELINE = {chains: 8, warmup: 300, draws: 250} as const;

/** What there is without networks: NUTS on the model, for one data set after another. */
export async function sampleOne(data: Float32Array, index: number): Promise<SampledMoments> {
  const y = tf.tensor1d(data);
  const {draws} = await nuts(
    {
      dimension: 3,
      logDensity: (theta) => gevModel.logDensity(theta, y),
      logDensityTerms: (theta) => gevModel.logDensityTerms(theta, y),
      constrain: (theta) => gevModel.constrain(theta),
    },
    {...BASELINE, initial: await unconstrained(data), rng: createRng(`baseline ${index}`)},
  );
  y.dispose();
  return momentsOf([...scalarChains(draws).values()]);
}

/** The starting points of the reference in the model's own coordinates. */
async function unconstrained(data: Float32Array): Promise<Float32Array[]> {
  const points = startingPoints(data, BASELINE.chains);
  const theta = tf.tidy(() => {
    const [mu, sigma] = [
      points.map(([first]) => first as number),
      points.map(([, second]) => Math.exp(second as number)),
    ];
    const xi = points.map(([, , third]) => -0.6 + 1.2 / (1 + Math.exp(-(third as number))));
    return gevModel.unconstrain({mu: tf.tensor1d(mu), sigma: tf.tensor1d(sigma), xi: tf.tensor1d(xi)});
  });
  const values = (await theta.data()) as Float32Array;
  theta.dispose();
  return points.map((_, c) => values.slice(3 * c, 3 * c + 3));
}

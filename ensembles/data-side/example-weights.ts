import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {EnsembleFitOptions} from '../deep-ensemble-options.ts';

const CALLER = 'deepEnsemble.fit';

/**
 * What the loss of each example is multiplied with, `sampleWeight` times `classWeight` of its class; undefined where both are
 * left out, else the caller's to dispose. `targets` are those that the likelihood prepared.
 */
export async function exampleWeights(
  {sampleWeight, classWeight}: Pick<EnsembleFitOptions, 'sampleWeight' | 'classWeight'>,
  targets: tf.Tensor,
  likelihood: Likelihood,
): Promise<tf.Tensor1D | undefined> {
  const examples = targets.shape[0] as number;
  if (sampleWeight && (sampleWeight.rank !== 1 || sampleWeight.size !== examples)) {
    throw new ShapeError(
      `${CALLER}: expected sampleWeight of shape [${examples}], got [${sampleWeight.shape}]. Give one number for each example.`,
    );
  }
  if (!sampleWeight && !classWeight) return undefined;
  const ofClasses = classWeight && classWeights(classWeight, targets.shape, likelihood);
  const weights = tf.tidy(() => {
    const own: tf.Tensor = sampleWeight ? tf.cast(sampleWeight, 'float32') : tf.ones([examples]);
    if (!ofClasses) return tf.clone(own) as tf.Tensor1D;
    const binary = () => tf.greaterEqual(tf.reshape(targets, [examples]), 0.5);
    const labels = likelihood.name === 'categorical' ? tf.argMax(targets, -1) : binary();
    return tf.mul<tf.Tensor1D>(own, tf.gather(tf.tensor1d(ofClasses), tf.cast(labels, 'int32')));
  });
  const odd = (await weights.data()).find((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (odd === undefined) return weights;
  weights.dispose();
  throw new DataError(
    `${CALLER}: expected weights of examples from 0, got ${odd}. Look at sampleWeight and classWeight.`,
  );
}

/** The weights in the order of the classes. */
function classWeights(
  given: NonNullable<EnsembleFitOptions['classWeight']>,
  shape: readonly number[],
  {name}: Likelihood,
): number[] {
  const outputs = shape.at(-1) as number;
  const classes = name === 'categorical' ? outputs : name === 'bernoulli' && outputs === 1 ? 2 : undefined;
  if (classes === undefined || shape.length > 2) {
    throw new ConfigError(
      `${CALLER}: expected no classWeight for the likelihood '${name}' and targets [${shape}], which have no single class, got ` +
        'one. Pass sampleWeight.',
    );
  }
  return Array.from({length: classes}, (_, label) => {
    const weight = given[label];
    if (weight !== undefined) return weight;
    throw new ConfigError(
      `${CALLER}: expected classWeight for each of ${classes} classes, got none for ${label}. Give 1 to those that are to count as before.`,
    );
  });
}

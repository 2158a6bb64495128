import * as tf from '@tensorflow/tfjs-core';
import type {Link} from '../src/likelihoods/index.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {warn} from '../src/warn.ts';

/** Warns where a Laplace bridge, which looks at variances beside means, made another class the most probable. */
export async function warnOfChangedClasses(
  mean: tf.Tensor,
  predictive: Predictive,
  link: Link | undefined,
): Promise<void> {
  if (predictive.kind !== 'categorical' || (link !== 'bridge' && link !== 'bridge-norm')) return;
  const different = tf.tidy(() => tf.sum(tf.notEqual(tf.argMax(mean, -1), tf.argMax(predictive.probs, -1))));
  const [count] = await different.data();
  different.dispose();
  if (!count) return;
  const rows = mean.size / (mean.shape.at(-1) as number);
  warn(
    `predict: link '${link}' changed the most probable class of ${count} of ${rows} predictions. ` +
      "Use link 'probit' or 'mc' where the class matters.",
  );
}

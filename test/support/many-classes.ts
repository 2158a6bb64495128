import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../laplace/index.ts';
import type {CategoricalPredictive} from '../../src/predictive/index.ts';

const [EXAMPLES, FEATURES] = [40, 512];

/**
 * Fits and predicts with a last layer of 512 features and this many classes; numbers in the largest tensor that any operation
 * gave meanwhile.
 */
export async function largestTensorOfLastLayer(structure: 'kron' | 'diag', classes: number): Promise<number> {
  const kernelInitializer = tfl.initializers.randomNormal({stddev: 0.05, seed: 2});
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: classes, inputShape: [FEATURES], activation: 'softmax', kernelInitializer})],
  });
  const x = tf.randomNormal([EXAMPLES, FEATURES], 0, 1, 'float32', 1);
  const y = tf.range(0, EXAMPLES, 1, 'int32');
  const {kernels} = await tf.profile(async () => {
    const posterior = await laplace(model, {structure}).fit(x, y);
    const predictive = (await posterior.predict(x, {covariance: 'diagonal'})) as CategoricalPredictive;
    expect(predictive.probs.shape).to.deep.equal([EXAMPLES, classes]);
    const variances = await predictive.latent?.variance?.data();
    expect(variances?.every((variance) => variance > 0)).to.equal(true);
    predictive.dispose();
    posterior.dispose();
    return tf.scalar(0);
  });
  tf.dispose([x, y]);
  model.dispose();
  return Math.max(...kernels.flatMap(({outputShapes}) => outputShapes.map((shape) => tf.util.sizeFromShape(shape))));
}

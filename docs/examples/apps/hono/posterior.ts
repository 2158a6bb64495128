import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fitStandardizer, initBackend, loadDataset, type Posterior, type Standardizer} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';

/** What the server needs to answer. */
export interface Classifier {
  readonly posterior: Posterior;
  readonly standardizer: Standardizer;
  readonly classes: readonly string[];
  readonly featureNames: readonly string[];
}

/** A classifier of wines, trained as the server starts; one that takes longer is trained elsewhere and loaded. */
export async function createClassifier(): Promise<Classifier> {
  await initBackend();
  const wine = await loadDataset('wine');
  const standardizer = fitStandardizer(wine.x, wine.features);
  const x = tf.tensor2d(standardizer.transform(wine.x), [wine.rows, wine.features]);
  const y = tf.oneHot(tf.tensor1d(wine.y, 'int32'), wine.classes.length);
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 16, activation: 'relu', inputShape: [wine.features]}),
      tfl.layers.dense({units: wine.classes.length, activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {epochs: 20, verbose: 0});
  const posterior = await laplace(model).fit(x, y);
  await posterior.tune();
  tf.dispose([x, y]);
  return {posterior, standardizer, classes: wine.classes, featureNames: wine.featureNames};
}

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {findVariational} from './find.ts';
import {copyLeaf, type LayerSpec, localName, rebuild} from './topology.ts';
import {isTwin} from './twins.ts';

/** Settings that only variational layers have. */
const OURS = ['trainSize', 'estimator', 'family', 'prior', 'bias', 'initialScale', 'klWeight', 'seed'];

/**
 * The way back from `toBayesian`: the same layers, names and connections with ordinary weights, the posterior means.
 *
 * The new model predicts what `model.predict` does, loads without this package and costs what any tfjs model costs. `model` is not
 * changed.
 *
 * @param model A built model with variational layers.
 * @throws ConfigError if there is no variational layer in it.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, toDeterministic} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 2, inputShape: [3], trainSize: 100})]});
 * console.log(toDeterministic(model).layers[0]?.getClassName());   // Dense
 * ```
 */
export function toDeterministic(model: tfl.LayersModel): tfl.LayersModel {
  if (findVariational(model.layers).length === 0) {
    throw new ConfigError(
      'toDeterministic: expected a model with variational layers, got one without. Use the model as it is.',
    );
  }
  const {model: converted, pairs} = rebuild(model, (_, spec) => toStock(spec), toStock);
  for (const [before, after] of pairs) copyMeans(before, after);
  return converted;
}

function copyMeans(before: tfl.layers.Layer, after: tfl.layers.Layer): void {
  if (Array.isArray((before as {layers?: unknown}).layers)) {
    if (!before.trainable) after.trainable = false;
    return;
  }
  const [random] = findVariational([before]);
  if (random === undefined) {
    copyLeaf(before, after);
    return;
  }
  tf.tidy(() => {
    for (const weight of after.weights) {
      const name = localName(weight);
      const source =
        random.q.all.find((one) => one.name === name) ?? before.weights.find((one) => localName(one) === name);
      weight.write((source as {read(): tf.Tensor}).read());
    }
  });
}

/** The stock class and its configuration; other layers stay as they are. */
function toStock(spec: LayerSpec): LayerSpec {
  if (!isTwin(spec.className)) return spec;
  const kept = Object.entries(spec.config).filter(([key]) => !OURS.includes(key));
  return {className: spec.className.replace(/^Bayes/, ''), config: Object.fromEntries(kept)};
}

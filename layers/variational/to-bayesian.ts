import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {innerLayers} from '../../src/models/graph.ts';
import {type MopedOptions, mopedScale} from './families/index.ts';
import {findVariational} from './find.ts';
import type {VariationalLayer} from './layer.ts';
import {optionsConfig, resolveOptions, type VariationalOptions} from './options.ts';
import {copyLeaf, type LayerSpec, localName, rebuild} from './topology.ts';
import {HOSTS, isTwin, LEAVES} from './twins.ts';

type Layer = tfl.layers.Layer;

/** Options of {@link toBayesian}. */
export interface ToBayesianOptions extends VariationalOptions {
  /**
   * Which layers become variational: their names, or those of models and wrappers around them; or a function that says so of
   * each layer. Default all that have a variational twin and are not frozen.
   */
  readonly filter?: readonly string[] | ((layer: tfl.layers.Layer) => boolean);
  /** Starts at the trained weights with a spread of their size; `false`: with the spread `initialScale` for all. */
  readonly moped?: MopedOptions | false;
}

/** Settings of weights that the prior replaces. */
const OF_KERNELS = /^(kernel|recurrent|depthwise|pointwise|embeddings)(Regularizer|Constraint)$/;
const OF_BIAS = /^bias(Regularizer|Constraint)$/;

/**
 * Converts a model: the same layers, names and connections, with posteriors around the weights it has.
 *
 *     q(w) starts with mean w and standard deviation max(delta |w|, floor)
 *
 * the empirical Bayes start of MOPED (Krishnan, Subedar and Tickoo 2020), of which only the start is taken: the prior is
 * `prior`. The mean of every weight is the old weight, so that `predict` gives what the old model gave. Sequential and functional
 * models, shared layers, models inside models, wrappers and stacked recurrent cells; `model` itself is not changed. Regularizers
 * and constraints of weights that get a posterior are left out: the prior has their place. Compile the new model before `fit`.
 *
 * @param model A built model.
 * @param options What `bayesDense` takes, and which layers, and how they start.
 * @param options.trainSize Number of training examples.
 * @param options.estimator How noise enters training. Default: for each layer, `'flipout'` where it is defined, else
 * `'reparameterization'`.
 * @param options.family Family of the posteriors. Default `'mean-field'`.
 * @param options.prior Prior of the weights. Default N(0, 1).
 * @param options.bias Family of the biases. Default `'deterministic'`.
 * @param options.klWeight Factor of the KL divergence. Default 1.
 * @param options.seed Seed of the noise. Default 0.
 * @param options.initialScale Standard deviation of all weights where `moped` is `false`. Default 0.05.
 * @param options.filter Which layers. Default all that have a variational twin and are not frozen.
 * @param options.moped The spread to start with. Default `{delta: 0.1, floor: 1e-3}`.
 * @throws ConfigError for a model that is not built, an option that is wrong, a name that no layer has, or a layer chosen by name
 * that has no variational twin, where the message lists those that have one.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {toBayesian} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, activation: 'tanh', inputShape: [2], name: 'hidden'}),
 *     tfl.layers.dense({units: 1, name: 'output'}),
 *   ],
 * });
 * const bayesian = toBayesian(model, {trainSize: 16, filter: ['output']});   // only the last layer
 * bayesian.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await bayesian.fit(tf.randomNormal([16, 2]), tf.zeros([16, 1]), {verbose: 0});
 * console.log(bayesian.layers.map((layer) => layer.getClassName()));   // ['Dense', 'BayesDense']
 * ```
 */
export function toBayesian(model: tfl.LayersModel, options: ToBayesianOptions): tfl.LayersModel {
  const {filter, moped = {}, ...variational} = options;
  checkBuilt(model);
  const choose = chooser(model, filter);
  const settings = optionsConfig(resolveOptions(variational, 'toBayesian'));
  const withBias = settings.bias !== 'deterministic';
  const chosen = new Set<string>();
  const {model: converted, pairs} = rebuild(
    model,
    (layer, spec, path) => {
      if (!choose(layer, path)) return spec;
      chosen.add(layer.name);
      const kept = Object.entries(spec.config).filter(
        ([key]) => !OF_KERNELS.test(key) && !(withBias && OF_BIAS.test(key)),
      );
      return {className: `Bayes${spec.className}`, config: {...Object.fromEntries(kept), ...settings}};
    },
    (spec) =>
      hasVariational(spec) && HOSTS.has(spec.className) ? {...spec, className: `Bayes${spec.className}`} : spec,
  );
  if (chosen.size === 0) {
    throw new ConfigError(
      `toBayesian: expected layers to convert, got none that has a variational twin, is trained and passes the filter. ` +
        `There are twins of ${[...LEAVES].join(', ')}.`,
    );
  }
  for (const [before, after] of pairs) copyWeights(before, after, moped);
  return converted;
}

/** Copies the weights of a layer, or freezes a model where the other is; tfjs keeps that out of its configuration. */
function copyWeights(before: Layer, after: Layer, moped: MopedOptions | false): void {
  if (Array.isArray((before as {layers?: unknown}).layers)) {
    if (!before.trainable) after.trainable = false;
    return;
  }
  const [random] = findVariational([after]);
  if (random === undefined || findVariational([before]).length > 0) {
    copyLeaf(before, after);
    return;
  }
  for (const weight of before.weights) startAt(random, weight, moped);
}

function startAt(layer: VariationalLayer, weight: tfl.LayerVariable, moped: MopedOptions | false): void {
  const name = localName(weight);
  const random = layer.q.all.find((one) => one.name === name);
  if (random === undefined) {
    layer.weights.find((one) => localName(one) === name)?.write(weight.read());
    return;
  }
  tf.tidy(() => {
    const mean = weight.read();
    const scale = moped ? mopedScale(mean, moped) : layer.q.options.initialScale;
    layer.q.restart(random, {mean, scale});
  });
}

/** Whether a layer inside has become variational. */
function hasVariational({config}: LayerSpec): boolean {
  const {layer, cell, layers, cells} = config as Partial<Record<'layer' | 'cell', LayerSpec>> &
    Partial<Record<'layers' | 'cells', LayerSpec[]>>;
  const inner = [layer, cell, ...(layers ?? []), ...(cells ?? [])].filter((one) => one !== undefined);
  return inner.some((one) => isTwin(one.className) || hasVariational(one));
}

function chooser(
  model: tfl.LayersModel,
  filter: ToBayesianOptions['filter'],
): (layer: Layer, path: readonly Layer[]) => boolean {
  const frozen = (layers: readonly Layer[]): boolean => layers.some(({trainable}) => !trainable);
  if (filter === undefined) return (layer, path) => hasTwin(layer) && !frozen([...path, layer]);
  if (typeof filter === 'function') return (layer) => hasTwin(layer) && filter(layer);
  const named = (layer: Layer): boolean => filter.includes(layer.name);
  checkNames(model, filter);
  return (layer, path) => {
    if (hasTwin(layer)) return [...path, layer].some(named);
    if (!named(layer)) return false;
    throw new ConfigError(
      `toBayesian: expected the layers in filter to have a variational twin, got '${layer.name}' (${layer.getClassName()}). ` +
        `There are twins of ${[...LEAVES].join(', ')}.`,
    );
  };
}

function checkNames(model: tfl.LayersModel, names: readonly string[]): void {
  const known = new Set<string>();
  const visit = (layer: Layer): void => {
    known.add(layer.name);
    const {layer: wrapped} = layer as {layer?: Layer};
    [...innerLayers(layer), ...(wrapped ? [wrapped] : [])].forEach(visit);
  };
  visit(model as unknown as Layer);
  const missing = names.find((name) => !known.has(name));
  if (missing === undefined) return;
  throw new ConfigError(
    `toBayesian: expected filter to name layers of the model, got '${missing}'. Its layers are ` +
      `${model.layers.map(({name}) => `'${name}'`).join(', ')}.`,
  );
}

function checkBuilt(model: tfl.LayersModel): void {
  if (Array.isArray(model?.layers) && model.inputs.length > 0) return;
  throw new ConfigError(
    'toBayesian: expected a tf.LayersModel that is built, got another. Give its first layer an inputShape, or load it with ' +
      'tf.loadLayersModel.',
  );
}

function hasTwin(layer: Layer): boolean {
  return LEAVES.has(layer.getClassName());
}

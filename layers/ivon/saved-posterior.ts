import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {FormatError, ModelMismatchError} from '../../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {likelihoodFromConfig} from '../../src/likelihoods/index.ts';
import {fingerprintArchitecture} from '../../src/models/fingerprint.ts';
import {createNet, readWeights, unflattenWeights} from '../../src/models/index.ts';
import {fixedWeights, type IvonPosteriorFields} from './posterior-fields.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'layers/ivon';
export const SAVED_VERSION = 1;

/** What is saved beside the arrays. */
interface SavedConfig {
  readonly likelihood: {readonly name: string; readonly [key: string]: unknown};
  readonly output: string | null;
  readonly architecture: string;
  readonly weights: readonly {readonly ess: number; readonly weightDecay: number}[];
  readonly iterations: number | null;
}

/** A posterior in the form of `src/io`: everything bit for bit. */
export async function toSaved(fields: IvonPosteriorFields): Promise<SavedPosterior> {
  const {net, likelihood, output, gaussians, fixed, training} = fields;
  const config: SavedConfig = {
    likelihood: likelihood.getConfig(),
    output: output ?? null,
    architecture: fingerprintArchitecture(net.model),
    weights: gaussians.map(({ess, weightDecay}) => ({ess, weightDecay})),
    iterations: training?.iterations ?? null,
  };
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: config as unknown as {readonly [key: string]: Json},
    arrays: {
      mean: await flat(gaussians.map(({mean}) => mean)),
      precision: await flat(gaussians.map(({precision}) => precision)),
      fixed: await flat(fixed),
      ...(training && {
        momentum: await flat(training.weights.map(({momentum}) => momentum)),
        steps: Int32Array.from(training.weights, ({steps}) => steps),
        rng: training.rngState,
      }),
    },
  };
}

/** What {@link toSaved} wrote, checked against the model. */
export async function fromSaved(
  {config, arrays}: SavedPosterior,
  {model, likelihood}: LoadContext,
): Promise<IvonPosteriorFields> {
  const saved = config as unknown as SavedConfig;
  const net = createNet(model, {caller: 'loadPosterior', ...(saved.output !== null && {output: saved.output})});
  const architecture = fingerprintArchitecture(net.model);
  if (architecture !== saved.architecture || net.weights.length !== saved.weights.length) {
    throw new ModelMismatchError(
      `loadPosterior: expected a model with the architecture fingerprint ${saved.architecture} and ${saved.weights.length} ` +
        `trainable weights, got ${architecture} and ${net.weights.length}. Load the model that the posterior was trained with.`,
    );
  }
  const tensors = (name: string, weights: readonly LayerVariable[]): tf.Tensor[] => {
    const array = arrays[name];
    if (!(array instanceof Float32Array)) {
      throw new FormatError(`loadPosterior: expected the array '${name}', got none. Save the posterior again.`);
    }
    return tf.tidy(() => unflattenWeights(tf.tensor1d(array), weights).map((tensor) => tf.keep(tensor)));
  };
  const {steps, rng} = arrays;
  const [mean, precision] = [tensors('mean', net.weights), tensors('precision', net.weights)];
  const momentum = saved.iterations === null ? [] : tensors('momentum', net.weights);
  return {
    net,
    likelihood: likelihood ?? likelihoodFromConfig(saved.likelihood),
    output: saved.output ?? undefined,
    fixed: tensors('fixed', fixedWeights(net)),
    gaussians: saved.weights.map((terms, i) => ({
      ...terms,
      mean: mean[i] as tf.Tensor,
      precision: precision[i] as tf.Tensor,
    })),
    training:
      saved.iterations === null
        ? undefined
        : {
            iterations: saved.iterations,
            rngState: rng as Int32Array,
            weights: momentum.map((tensor, i) => ({momentum: tensor, steps: steps?.[i] as number})),
          },
  };
}

async function flat(tensors: readonly tf.Tensor[]): Promise<Float32Array> {
  return Float32Array.from(await readWeights(tensors));
}

import * as tf from '@tensorflow/tfjs-core';
import {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {batchesOf, countInputs, type HeadKind, type Inputs, sliceInputs} from '../src/models/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../src/posterior/index.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng} from '../src/random/index.ts';
import {type LikelihoodOptions, likelihoodWithNoise} from './likelihood.ts';

/** What `ensembleOf` needs of a `tf.GraphModel`; any object of this form will do. */
export interface PredictingGraph {
  /** Its outputs, synchronously. */
  predict(x: Inputs): tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;
}

/** Options of `ensembleOf` for graph models. */
export interface GraphEnsembleOptions extends LikelihoodOptions {
  /** What the graphs end in, which they do not tell: probabilities of a `'softmax'` or `'sigmoid'`, or `'linear'` outputs. */
  readonly head: HeadKind;
}

/** Keeps logarithms of float32 probabilities finite. */
const LEAST = 1e-7;
/** Logits of the probabilities that graphs give, which are held between 1e-7 and 1 - 1e-7. */
const LATENT: Readonly<Record<HeadKind, (outputs: tf.Tensor) => tf.Tensor>> = {
  softmax: (outputs) => tf.log(tf.clipByValue(outputs, LEAST, 1)),
  sigmoid: (outputs) => {
    const probs = tf.clipByValue(outputs, LEAST, 1 - LEAST);
    return tf.sub(tf.log(probs), tf.log(tf.sub(1, probs)));
  },
  linear: (outputs) => outputs,
};

/** Equal mass on each of several frozen graph models. Made by `ensembleOf`; the graphs stay the caller's. */
export class GraphEnsemblePosterior implements Posterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  readonly #graphs: readonly PredictingGraph[];
  readonly #options: GraphEnsembleOptions;

  /** Use `ensembleOf`. */
  constructor(graphs: readonly PredictingGraph[], options: GraphEnsembleOptions) {
    const given: Partial<GraphEnsembleOptions> | undefined = options;
    if (given?.head === undefined || !(given.head in LATENT)) {
      throw new ConfigError(
        `ensembleOf: expected head to be 'softmax', 'sigmoid' or 'linear' for graph models, got '${given?.head}'. ` +
          'Say what the outputs of the graphs are.',
      );
    }
    this.likelihood = likelihoodWithNoise(options, options.head, 'ensembleOf');
    this.#graphs = graphs;
    this.#options = options;
  }

  /** Number of graphs. */
  get size(): number {
    return this.#graphs.length;
  }

  /** The predictive at `x` from every graph once, whatever `samples` says: nothing is random. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const draws = this.#outputs(x, options.batchSize);
    try {
      return this.likelihood.predictive({draws}, options);
    } finally {
      draws.dispose();
    }
  }

  /** Outputs of graphs drawn with replacement, [S, N, ..., C]. */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('ensemble')}: SampleOptions): Promise<tf.Tensor> {
    const picked = Array.from(rng.uniforms(samples), (u) => Math.floor(u * this.size));
    return tf.tidy(() => tf.gather(this.#outputs(x, batchSize), tf.tensor1d(picked, 'int32')));
  }

  /** Always throws `ConfigError`: the graphs are files already. */
  async save(): Promise<tf.io.SaveResult> {
    throw new ConfigError(
      'ensembleOf.save: expected a posterior of layers models, got graph models, which are files already. Keep their ' +
        'addresses, and call ensembleOf on what tf.loadGraphModel loads from them.',
    );
  }

  /** Does nothing: the graphs are the caller's. */
  dispose(): void {}

  #outputs(x: Inputs, batchSize = 256): tf.Tensor {
    const batches = batchesOf(countInputs(x, 'ensembleOf.predict'), batchSize, 'ensembleOf.predict');
    return tf.tidy(() => {
      const members = this.#graphs.map((graph) =>
        tf.concat(batches.map(({start, size}) => tf.tidy(() => this.#latent(graph, sliceInputs(x, start, size))))),
      );
      const odd = members.find(({shape}) => !tf.util.arraysEqual(shape, members[0]?.shape ?? []));
      if (odd === undefined) return tf.stack(members);
      throw new ShapeError(
        `ensembleOf.predict: expected outputs of one shape, got [${members[0]?.shape}] and [${odd.shape}]. ` +
          'Join only graphs for the same targets.',
      );
    });
  }

  #latent(graph: PredictingGraph, x: Inputs): tf.Tensor {
    const {head, output} = this.#options;
    const found = graph.predict(x);
    const outputs = found instanceof tf.Tensor ? {only: found} : (found as tf.NamedTensorMap);
    const names = Object.keys(outputs);
    const name = output !== undefined && output in outputs ? output : names.length === 1 ? names[0] : undefined;
    const chosen = name === undefined ? undefined : outputs[name];
    if (chosen) return LATENT[head](chosen);
    throw new ConfigError(
      `ensembleOf.predict: expected output to name one of ${names.join(', ')}, got ${output}. Name the one to look at.`,
    );
  }
}

/** Whether the models are graphs. Throws `ConfigError` where some are and some are not. */
export function areGraphs(models: readonly LayersModel[] | readonly PredictingGraph[]): boolean {
  const layers = models.filter((model) => model instanceof LayersModel).length;
  if (layers === models.length) return false;
  if (layers === 0) return true;
  throw new ConfigError(
    'ensembleOf: expected layers models or graph models, got some of both. Join them with mixture([...]).',
  );
}

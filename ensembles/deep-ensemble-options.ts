import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Inputs} from '../src/models/index.ts';
import type {Rng} from '../src/random/index.ts';
import type {CheckpointTarget} from './checkpoints.ts';
import type {Resampling} from './data-side/variation.ts';
import type {LikelihoodOptions} from './likelihood.ts';
import type {MemberCallback} from './train-member.ts';

/** What `create` is told about the member to build. */
export interface MemberContext {
  /** Index of the member, from 0. */
  readonly member: number;
  /** The member's own stream, for the seeds of its initializers. */
  readonly rng: Rng;
}

/** Options of `deepEnsemble`. */
export interface DeepEnsembleOptions extends LikelihoodOptions {
  /** Builds and compiles one member; called again for each, always the same architecture. */
  readonly create: (context: MemberContext) => LayersModel | Promise<LayersModel>;
  /** Number of members M. Default 5. */
  readonly members?: number;
  /** Decides initial weights (through `create`) and the order of the batches. Default: a fixed seed. */
  readonly rng?: Rng;
  /**
   * What each member sees of the data: `'bootstrap'` draws N of its N examples with replacement (bagging; Breiman, 1996),
   * `'bayesian-bootstrap'` weighs them by N times a flat Dirichlet (Rubin, 1981), for which the loss must give one value for
   * each example. Default: all of them, as they are.
   */
  readonly resample?: Resampling;
  /**
   * Members trained at once: one in this thread, each of the others in a worker thread with the backend that is in use here; in
   * Node only. The members are the same as without, bit for bit on cpu and wasm. Default 1: one after another in this thread.
   *
   * A compiled model is sent as its topology, weights, and the configurations of its loss, metrics and optimizer. Where one of
   * them is code of your own, pass `worker`; without it training goes one after another and says so.
   */
  readonly workers?: number;
  /**
   * Module that a worker imports, `new URL('./my-model.ts', import.meta.url)`: a {@link MemberModule} whose `create` is the
   * one given here. Needed where models hold layers, losses or optimizers of your own. Default: none.
   */
  readonly worker?: URL | string;
}

/** What the module of `worker` exports. */
export interface MemberModule {
  /** The function that `deepEnsemble` is given too. */
  readonly create: DeepEnsembleOptions['create'];
  /** Makes what `fit` is given as `callbacks`; needed where it is given any. */
  readonly callbacks?: NonNullable<EnsembleFitOptions['callbacks']>;
}

/** How far a `DeepEnsemble` has come. */
export interface EnsembleProgress {
  /** Index of the member being trained, or just found among the checkpoints. */
  readonly member: number;
  /** Number of members. */
  readonly members: number;
  /** Epochs of this member that are done. */
  readonly epoch: number;
  /** Epochs of each member. */
  readonly epochs: number;
  /** Part of all the work that is done, from 0 to 1. Workers train several members at once, and their epochs interleave. */
  readonly fraction: number;
  /** Whether the member came from a checkpoint. */
  readonly resumed: boolean;
  /** Loss and metrics of the epoch. */
  readonly logs: Readonly<Record<string, number>>;
}

/** Options of `DeepEnsemble.fit`, named as in `LayersModel.fit`. */
export interface EnsembleFitOptions {
  /** Passes of each member over the data. Default 1, as in `fit`. */
  readonly epochs?: number;
  /** Examples in a step. Default 32, as in `fit`. */
  readonly batchSize?: number;
  /** Callbacks for one member's training; made anew for each, because callbacks such as early stopping have a state. */
  readonly callbacks?: (member: number) => MemberCallback | readonly MemberCallback[];
  /**
   * Multiplies the loss of each example, [N], which tfjs itself does not take. The loss must give one value for each example, as
   * the named ones do. Default: 1.
   */
  readonly sampleWeight?: tf.Tensor1D;
  /** Multiplies the loss of the examples of each class, every class by its number: `{0: 1, 1: 5}`. Default: 1. */
  readonly classWeight?: Readonly<Record<number, number>>;
  /** Inputs and targets to compute `val_loss` on after each epoch; weights do not count there. */
  readonly validationData?: readonly [Inputs, tf.Tensor];
  /** 1 lets tfjs print each member's progress. Default 0. */
  readonly verbose?: 0 | 1;
  /**
   * Saves each member when it is trained and takes up those that are there already: a folder in Node, a URL prefix such as
   * `'indexeddb://digits'`, or a function that gives the `tf.io` handler of each member. Default: no checkpoints.
   */
  readonly checkpoints?: CheckpointTarget;
  /** Called after each epoch of each member, for one progress bar over all. */
  readonly onProgress?: (progress: EnsembleProgress) => void | Promise<void>;
}

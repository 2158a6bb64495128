import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {notingKept} from '../../src/training/repeated-loss.ts';
import {checkCount} from '../checks.ts';
import type {Schedule} from '../cyclical.ts';
import {LangevinOptimizer, type LangevinOptions} from './langevin-optimizer.ts';
import {type BlockShare, blocksOf, isLive, liveMask, mixedValue, type WeightBlocks} from './weight-blocks.ts';

/** Options of `structuredSgmcmc`. */
export interface StructuredOptions extends LangevinOptions {
  /** What is sampled independently of the rest: each `'layer'`, each weight `'tensor'` or each `'neuron'`. Default `'layer'`. */
  readonly blocks?: WeightBlocks;
  /**
   * Dropout variant: the probability from above 0 up to 1 that a block keeps its present value, one evaluation per step.
   * Default: none, one evaluation per block and step.
   */
  readonly keep?: number;
  /** Steps before past values take part, as in `sgld` until then. Default 0. */
  readonly start?: number;
  /** Steps from one past value kept to the next. Default 10. */
  readonly every?: number;
  /** Past values kept of each weight: that many times the memory of the weights. Default 20. */
  readonly memory?: number;
  /** Part of the momentum lost in each step, above 0 and up to 1, which has none. Default 1. */
  readonly friction?: number;
}

interface Evaluation {
  readonly value: tf.Scalar;
  readonly grads: tf.NamedTensorMap;
}

/** Langevin dynamics under the energy that treats blocks of weights as independent; made by `structuredSgmcmc`. */
export class StructuredOptimizer extends LangevinOptimizer {
  /** Name under which tfjs knows the class. */
  static override readonly className = 'BayesStructuredOptimizer';
  readonly #blocks: WeightBlocks;
  readonly #keep: number | undefined;
  readonly #start: number;
  readonly #every: number;
  readonly #memory: number;
  #extras: tf.Tensor[] = [];
  #found: {readonly among: readonly tf.Variable[]; readonly connected: tf.Variable[]} | undefined;

  /** Use `structuredSgmcmc`. */
  constructor(learningRate: number | Schedule, options: StructuredOptions) {
    const caller = 'structuredSgmcmc';
    const {blocks = 'layer', keep, start = 0, every = 10, memory = 20, friction = 1} = options;
    super(learningRate, {...options, friction}, caller);
    if (!['layer', 'tensor', 'neuron'].includes(blocks)) {
      throw new ConfigError(`${caller}: expected blocks to be 'layer', 'tensor' or 'neuron', got '${String(blocks)}'.`);
    }
    if (keep !== undefined && !(keep > 0 && keep <= 1)) {
      throw new ConfigError(`${caller}: expected keep above 0 and up to 1, got ${keep}. Try 0.5.`);
    }
    this.#blocks = blocks;
    this.#keep = keep;
    this.#start = checkCount(start, 'start', 0, caller);
    this.#every = checkCount(every, 'every', 1, caller);
    this.#memory = checkCount(memory, 'memory', 1, caller);
  }

  /**
   * The mean loss and the gradients of the structured energy; afterwards every variable has its own value, whatever `f` does.
   * Without `varList` it moves the trainable variables that `f` contains: one more evaluation finds them in the first step, and
   * whenever variables were made or disposed since. Name them where one optimizer serves several functions.
   */
  override computeGradients(
    f: () => tf.Scalar,
    varList?: tf.Variable[],
  ): {
    /** Mean of the losses evaluated. */
    value: tf.Scalar;
    /** Gradients by name of the variable. */
    grads: tf.NamedTensorMap;
  } {
    const variables = varList?.filter(({trainable}) => trainable) ?? this.#connected(f);
    tf.dispose(this.#extras);
    this.#extras = [];
    this.states.bind(variables, this.caller);
    const kept = this.#remember(variables);
    if (kept === 0) return tf.variableGrads(f, variables);
    const {shares, count} = blocksOf(variables, this.#blocks);
    if (this.#keep !== undefined) return this.#withDropout(f, shares, count, kept, this.#keep);
    const again = notingKept(f, this.#extras);
    const evaluations = Array.from({length: count}, (_, block) => {
      const live = Array.from({length: count}, (__, other) => other === block);
      return this.#evaluate(block === 0 ? f : again, shares, live, kept);
    });
    return joined(shares, evaluations);
  }

  /** Its numbers, schedules as their value at the current step. */
  override getConfig(): tf.serialization.ConfigDict {
    const own = {blocks: this.#blocks, start: this.#start, every: this.#every, memory: this.#memory};
    return {...super.getConfig(), ...own, ...(this.#keep !== undefined && {keep: this.#keep})};
  }

  /** Disposes everything kept for the variables. */
  override dispose(): void {
    super.dispose();
    tf.dispose(this.#extras);
    this.#extras = [];
  }

  /** The trainable variables that `f` has a gradient for. */
  #connected(f: () => tf.Scalar): tf.Variable[] {
    const among = Object.values(tf.engine().registeredVariables).filter(({trainable}) => trainable);
    if (this.#found?.among.length !== among.length || among.some((one, i) => one !== this.#found?.among[i])) {
      const {value, grads} = tf.variableGrads(f, among);
      this.#found = {among, connected: among.filter(({name}) => name in grads)};
      tf.dispose([value, ...Object.values(grads)]);
    }
    return this.#found.connected;
  }

  /** Keeps the present values where their time has come; gives the number of past ones there are. */
  #remember(variables: readonly tf.Variable[]): number {
    const since = this.steps - this.#start;
    if (since < 0) return 0;
    const turn = Math.floor(since / this.#every);
    if (since % this.#every === 0) {
      for (const variable of variables) this.states.of(variable).set(`past${turn % this.#memory}`, variable);
    }
    return Math.min(turn + 1, this.#memory);
  }

  /** One evaluation with a random part of the blocks, whose gradients, the prior's included, count for the others too. */
  #withDropout(
    f: () => tf.Scalar,
    shares: readonly BlockShare[],
    count: number,
    kept: number,
    keep: number,
  ): Evaluation {
    const live = Array.from(this.rng.uniforms(count), (uniform) => uniform < keep);
    const {value, grads} = joined(shares, [this.#evaluate(f, shares, live, kept)]);
    const scaled = shares.map((share): [string, tf.Tensor] => {
      const {variable} = share;
      const gradient = grads[variable.name] as tf.Tensor;
      // Every step adds weightDecay times the variable: here what is missing to mask and scale that too.
      const missing = (): tf.Tensor =>
        tf.mul(variable, tf.mul(tf.sub(tf.div(liveMask(share, live), keep), 1), this.weightDecay));
      return [variable.name, tf.tidy(() => tf.add(tf.div(gradient, keep), missing()))];
    });
    tf.dispose(grads);
    return {value, grads: Object.fromEntries(scaled)};
  }

  /** Loss, and gradients of the live blocks alone, with every other block from a past moment of its own. */
  #evaluate(f: () => tf.Scalar, shares: readonly BlockShare[], live: readonly boolean[], kept: number): Evaluation {
    const picked = Int32Array.from(this.rng.uniforms(live.length), (uniform) => Math.floor(uniform * kept));
    const own = shares.map(({variable}) => tf.keep(tf.clone(variable)));
    const alive = shares.filter((share) => isLive(share, live));
    try {
      tf.tidy(() => {
        for (const share of shares)
          share.variable.assign(mixedValue(share, live, this.#past(share.variable, kept), picked));
      });
      if (alive.length === 0) return {value: tf.tidy(f), grads: {}};
      const {value, grads} = tf.variableGrads(
        f,
        alive.map(({variable}) => variable),
      );
      return {value, grads: masked(alive, grads, live)};
    } finally {
      shares.forEach(({variable}, i) => {
        variable.assign(own[i] as tf.Tensor);
      });
      tf.dispose(own);
    }
  }

  #past(variable: tf.Variable, kept: number): tf.Tensor[] {
    const state = this.states.of(variable);
    return Array.from({length: kept}, (_, slot) => state.get(`past${slot}`) ?? variable);
  }
}

/** The gradients with zeros at blocks that are not live; takes them over. */
function masked(shares: readonly BlockShare[], grads: tf.NamedTensorMap, live: readonly boolean[]): tf.NamedTensorMap {
  const entries = shares.flatMap((share): [string, tf.Tensor][] => {
    const gradient = grads[share.variable.name];
    if (!gradient) return [];
    const result = tf.tidy(() => tf.mul(gradient, liveMask(share, live)));
    gradient.dispose();
    return [[share.variable.name, result]];
  });
  return Object.fromEntries(entries);
}

/** Mean of the losses and sum of the gradients, zeros where no evaluation had one; takes them over. */
function joined(shares: readonly BlockShare[], evaluations: readonly Evaluation[]): Evaluation {
  const values = evaluations.map(({value}) => value);
  const value = tf.tidy(() => tf.div<tf.Scalar>(tf.addN(values), values.length));
  const entries = shares.map(({variable}): [string, tf.Tensor] => {
    const terms = evaluations.flatMap(({grads}) => grads[variable.name] ?? []);
    return [variable.name, tf.tidy(() => (terms.length > 0 ? tf.addN(terms) : tf.zerosLike(variable)))];
  });
  tf.dispose([values, evaluations.map(({grads}) => grads)] as tf.TensorContainer);
  return {value, grads: Object.fromEntries(entries)};
}

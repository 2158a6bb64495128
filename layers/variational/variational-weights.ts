import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {
  type AddVariable,
  createFamily,
  type FamilyConfig,
  type FamilyStart,
  type WeightFamily,
} from './families/index.ts';
import type {Estimator, ResolvedOptions} from './options.ts';
import {type Kwargs, type Pass, Passes} from './passes.ts';
import {RandomWeight} from './random-weight.ts';
import {signTensor} from './signs.ts';

/** The noise of the pass that a layer is in. */
interface Draw {
  readonly rng: Rng;
  readonly pass: Pass;
  readonly signs: Map<string, tf.Tensor>;
}

/** Where the weights of a layer belong: for messages, and for the stream that their noise comes from. */
interface WeightsOwner {
  /** Name of the layer. */
  readonly name: string;
  getClassName(): string;
}

/** The weights of one layer or recurrent cell that have a posterior, and the noise that they are given in training. */
export class VariationalWeights {
  readonly options: ResolvedOptions;
  /** Factor of the KL divergence, which schedules change. */
  klWeight: number;
  /** Training passes of the layer. */
  readonly passes = new Passes();
  /** Name of the stream of noise, where it is not the owner's name. */
  streamName: (() => string) | undefined;
  /** The weights, in the order in which the layer makes them. */
  readonly all: RandomWeight[] = [];
  readonly #owner: WeightsOwner;
  readonly #allowed: readonly Estimator[];
  #draw: Draw | undefined;

  /** `allowed`: the estimators that are defined for the layer, the default first. */
  constructor(options: ResolvedOptions, owner: WeightsOwner, allowed: readonly Estimator[]) {
    this.options = options;
    this.klWeight = options.klWeight;
    this.#owner = owner;
    this.#allowed = allowed;
    if (options.estimator !== undefined) this.#checkAllowed(options.estimator);
  }

  /** The family of the weight of this name; undefined where it has none and is trained as ever. */
  familyOf(name: string): FamilyConfig | undefined {
    return name === 'bias' ? this.options.bias : this.options.family;
  }

  /** Gives the weight a posterior; stands in for the variable that a stock layer would make. */
  add(name: string, mean: tf.Tensor, addVariable: AddVariable): LayerVariable {
    const family = this.familyOf(name) as FamilyConfig;
    const start: FamilyStart = {mean, scale: this.options.initialScale};
    const weight = new RandomWeight(name, createFamily(family, mean.shape, addVariable, start));
    this.all.push(weight);
    if (!weight.family.independent && this.options.estimator !== undefined) this.#checkIndependent(family);
    return weight.asVariable();
  }

  /** Starts the posterior of a weight anew. */
  restart(weight: RandomWeight, start: FamilyStart): void {
    const variables = [...weight.family.variables];
    createFamily(
      this.familyOf(weight.name) as FamilyConfig,
      weight.shape,
      (_, __, initial) => {
        const variable = variables.shift() as LayerVariable;
        tf.tidy(() => {
          variable.write(initial());
        });
        return variable;
      },
      start,
    );
  }

  /** How noise enters training. */
  get estimator(): Estimator {
    const {estimator} = this.options;
    if (estimator !== undefined) return estimator;
    return this.all.every(({family}) => family.independent) ? (this.#allowed[0] as Estimator) : 'reparameterization';
  }

  /** Where the noise of training stands: with the same seed, all that follows is the same. */
  get noiseState(): Int32Array {
    return Int32Array.of(this.passes.count);
  }

  set noiseState(state: Int32Array) {
    this.passes.count = state[0] as number;
  }

  /** Throws `ConfigError` unless a draw is in place. */
  checkDrawn(): void {
    this.#current();
  }

  /**
   * Runs `body`, a synchronous section, with one draw of the weights in place; inside another such section, with that one's.
   * Disposes everything but the tensors that `body` returns.
   */
  withDraw<T extends tf.TensorContainer>(kwargs: Kwargs, body: () => T): T {
    if (this.#draw !== undefined) return tf.tidy(body);
    const pass = this.passes.passOf(kwargs);
    const draw: Draw = {rng: this.#stream().fork(pass.number), pass, signs: new Map()};
    this.#draw = draw;
    try {
      return tf.tidy(() => {
        this.#place(draw.rng);
        return body();
      });
    } finally {
      tf.dispose([...draw.signs.values()]);
      for (const weight of this.all) {
        weight.value = undefined;
        weight.deviation = undefined;
      }
      this.#draw = undefined;
    }
  }

  /** Signs for the examples of a batch, the same through one draw. */
  signs(tag: string, shape: readonly number[]): tf.Tensor {
    const {rng, signs} = this.#current();
    const known = signs.get(tag);
    if (known !== undefined) return known;
    const made = tf.keep(signTensor(rng.fork(`signs ${tag}`), shape));
    signs.set(tag, made);
    return made;
  }

  /** The stream for noise that is new at every call, though the draw is the same. */
  callStream(): Rng {
    const {rng, pass} = this.#current();
    return rng.fork(`call ${pass.streams++}`);
  }

  /** KL(q || prior) of all weights, in nats; where it has no closed form, an estimate from one draw. The caller disposes it. */
  klDivergence(rng: Rng = this.#stream().fork(`kl ${this.passes.count}`)): tf.Scalar {
    return tf.tidy(() =>
      this.all.reduce<tf.Scalar>(
        (sum, {name, family}) => tf.add(sum, family.klDivergence(this.options.prior, rng.fork(name))),
        tf.scalar(0),
      ),
    );
  }

  /** What the KL divergence adds to the loss; nothing where all weights are frozen. */
  penalty(): tf.Scalar {
    return tf.tidy(() => {
      if (!this.all.some(({trainable}) => trainable)) return tf.scalar(0);
      return tf.mul<tf.Scalar>(this.klDivergence(), this.klWeight / this.options.trainSize);
    });
  }

  #place(rng: Rng): void {
    if (this.estimator === 'local-reparameterization') return;
    for (const weight of this.all) {
      const stream = rng.fork(weight.name);
      if (this.estimator === 'flipout') {
        weight.deviation = deviationOf(weight.family, stream);
      } else {
        weight.value = weight.family.sample(stream);
      }
    }
  }

  #stream(): Rng {
    return createRng(this.options.seed).fork(this.streamName?.() ?? this.#owner.name);
  }

  #current(): Draw {
    if (this.#draw !== undefined) return this.#draw;
    throw new ConfigError(
      `${this.#owner.getClassName()}: expected to be called inside a draw of its weights, got a call of '${this.#owner.name}' ` +
        'outside of one. Put a recurrent cell into bayesRnn({cell}), not into tf.layers.rnn.',
    );
  }

  #checkAllowed(estimator: Estimator): void {
    if (this.#allowed.includes(estimator)) return;
    const reason =
      estimator === 'local-reparameterization'
        ? 'noise that is new at every step is another law than weights that stay'
        : 'this configuration has no such form';
    throw new ConfigError(
      `${this.#owner.getClassName()}: expected estimator to be '${this.#allowed.join("' or '")}' for '${this.#owner.name}', ` +
        `got '${estimator}': ${reason}. Choose another estimator.`,
    );
  }

  #checkIndependent({kind}: FamilyConfig): void {
    if (this.options.estimator === 'reparameterization') return;
    throw new ConfigError(
      `${this.#owner.getClassName()}: expected a family of independent elements for the estimator ` +
        `'${this.options.estimator}', got '${kind}' in '${this.#owner.name}'. Use estimator: 'reparameterization', or the ` +
        "family 'mean-field'.",
    );
  }
}

/** One draw of w - E[w]. */
function deviationOf(family: WeightFamily, rng: Rng): tf.Tensor {
  return family.deviation?.(rng) ?? tf.tidy(() => tf.sub(family.sample(rng), family.mean()));
}

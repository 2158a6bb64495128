import * as tf from '@tensorflow/tfjs-core';

/** What tfjs hands from layer to layer during one evaluation of a model: the same object for all. */
export type Kwargs = Record<string, unknown>;

/** One evaluation of a model in training. */
export interface Pass {
  /** Counts the passes of a layer; decides its noise. */
  readonly number: number;
  /** How often the model called the layer in it. */
  calls: number;
  /** Streams of noise that were handed out in it. */
  streams: number;
}

/**
 * Tells the training passes of a layer apart, so that a layer that is called several times in a pass uses the same weights in
 * all of them and pays its KL divergence once.
 *
 * Under a gradient, a pass is a gradient tape and the keyword arguments that went with it. Elsewhere nobody could tell, and
 * every call is a pass of its own.
 */
export class Passes {
  /** Number of passes so far; a layer with the same seed and count draws the same noise. */
  count = 0;
  readonly #known = new WeakMap<object, WeakMap<Kwargs, Pass>>();
  #latest: Pass | undefined;

  /** The pass that this call belongs to. */
  passOf(kwargs: Kwargs): Pass {
    const tape = currentTape();
    if (tape === undefined) return this.#begin();
    const passes = this.#known.get(tape) ?? new WeakMap<Kwargs, Pass>();
    const pass = passes.get(kwargs) ?? this.#begin();
    this.#known.set(tape, passes);
    passes.set(kwargs, pass);
    return pass;
  }

  /** Notes a call of the layer by its model. */
  noteCall(kwargs: Kwargs): void {
    if (kwargs.training !== true || currentTape() === undefined) return;
    this.#latest = this.passOf(kwargs);
    this.#latest.calls++;
  }

  /** How often the model called the layer in the latest pass; undefined before the first. */
  get callsPerPass(): number | undefined {
    return this.#latest?.calls;
  }

  #begin(): Pass {
    return {number: this.count++, calls: 0, streams: 0};
  }
}

/** The record of the gradient that is being taken, new for each. */
function currentTape(): object | undefined {
  const {activeTape, gradientDepth} = tf.engine().state;
  return gradientDepth > 0 ? (activeTape as object | undefined) : undefined;
}

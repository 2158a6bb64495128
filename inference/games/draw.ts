import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import type {Coupling, Inferred, Sweep} from './game.ts';
import {scaleGradient, stopGradient} from './gradient.ts';
import {drawsOf, mapWire, type Wire} from './wire.ts';

/** Draws of an inversion. */
interface Drawn<X extends Wire> extends Pick<Inferred<X>, 'draws' | 'states' | 'probability' | 'score'> {
  /** As the game's own energy sees them. */
  readonly x: X;
  /** As they are passed on. */
  readonly passed: X;
  readonly logQ: tf.Tensor;
}

/** Draws from the belief of an inversion as the edge's coupling wants it. */
export function drawFrom<X extends Wire>(
  name: string,
  belief: Belief<X>,
  {y, coupling, sweep}: {y: Wire; coupling: Coupling; sweep: Sweep},
): Drawn<X> {
  const draws = Math.max(drawsOf(y), sweep.samples);
  const none = {draws, states: 1, probability: null, score: null};
  if (coupling === 'exact') return nodesOf(name, belief, draws);
  const sampled = belief.sample(sweep.rng.fork(name), draws);
  if (coupling === 'score') {
    const x = mapWire(sampled, stopGradient);
    const logQ = belief.logProb(x);
    return {...none, x, passed: x, logQ, score: logQ};
  }
  if (!belief.reparameterized) {
    throw new ConfigError(
      `freeEnergy: expected the inversion of ${name} to have draws with a gradient, got ${belief.kind}. ` +
        "Set coupling to 'exact' for few states, or to 'score'.",
    );
  }
  const constant = sweep.gradient === 'stl' || sweep.gradient === 'dreg';
  const {pathScale} = sweep;
  const x = pathScale === null ? sampled : mapWire(sampled, (tensor) => scaleGradient(tensor, pathScale));
  const logQ = (constant ? belief.stopped() : belief).logProb(x);
  return {...none, x, passed: coupling === 'stopped' ? mapWire(x, stopGradient) : x, logQ};
}

function nodesOf<X extends Wire>(name: string, belief: Belief<X>, draws: number): Drawn<X> {
  if (belief.nodes === undefined) {
    throw new ConfigError(
      `freeEnergy: expected the inversion of ${name} to be categorical or Gaussian for coupling 'exact', got ` +
        `${belief.kind}. Use 'path' or 'score'.`,
    );
  }
  const {values, probability, logProb, count} = belief.nodes(draws);
  return {x: values, passed: values, logQ: logProb, draws: draws * count, states: count, probability, score: null};
}

import * as tf from '@tensorflow/tfjs-core';
import type {GameTerm, Inferred} from './game.ts';
import {mapWire, repeatDraws, sumTensors, type Wire} from './wire.ts';

/** What a game contributes whose input is known: its energy alone. */
export function knownInput<X extends Wire>(
  name: string,
  x: X,
  {energy, draws}: {energy: tf.Tensor; draws: number},
): Inferred<X> {
  const zero = tf.scalar(0);
  return {...nothing(x, draws), terms: {[name]: {energy, logQ: zero, regularizer: zero, ownEntropy: false}}};
}

/** An inference that costs nothing. */
export function nothing<X extends Wire>(x: X, draws: number): Inferred<X> {
  return {x, latents: {}, terms: {}, score: null, probability: null, draws, states: 1, gaps: {}};
}

/**
 * The contributions of two games, the second inferred for the draws of the first: what the first has is repeated for each node
 * that the second added.
 */
export function joinInferred<X extends Wire>(before: Inferred<Wire>, after: Inferred<Wire>, x: X): Inferred<X> {
  const draws = Math.max(before.draws, after.draws);
  const repeat = (tensor: tf.Tensor) => repeatDraws(tensor, draws);
  const record = <V extends Wire>(values: Readonly<Record<string, V>>) =>
    mapRecord(values, (value) => mapWire(value, repeat));
  const terms = (values: Inferred<Wire>['terms']) => mapRecord(values, (term) => mapTerm(term, repeat));
  const both = (combine: (parts: tf.Tensor[]) => tf.Tensor, parts: readonly (tf.Tensor | null)[]) => {
    const there = parts.filter((part) => part !== null).map(repeat);
    return there.length === 0 ? null : combine(there);
  };
  return {
    x: mapWire(x, repeat),
    latents: {...record(before.latents), ...record(after.latents)},
    terms: {...terms(before.terms), ...terms(after.terms)},
    score: both(sumTensors, [before.score, after.score]),
    probability: both(
      (parts) => parts.reduce((product, part) => tf.mul(product, part)),
      [before.probability, after.probability],
    ),
    draws,
    states: before.states * after.states,
    gaps: {...record(before.gaps), ...record(after.gaps)},
  };
}

/** A term with its tensors changed. */
export function mapTerm(term: GameTerm, change: (tensor: tf.Tensor) => tf.Tensor): GameTerm {
  const {energy, logQ, regularizer} = term;
  return {...term, energy: change(energy), logQ: change(logQ), regularizer: change(regularizer)};
}

/** A record with its values changed. */
export function mapRecord<V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

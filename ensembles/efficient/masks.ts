import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';

/** Which channels each member keeps. */
export interface Masks {
  /** For each member, its channels, in order. */
  readonly kept: readonly (readonly number[])[];
  /** Number of channels that each member keeps. */
  readonly size: number;
}

/** Tries with one number of kept channels. */
const TRIES = 300;
/** How far from the expected number of kept channels is looked. */
const REACH = 4;

/**
 * Masks over exactly `channels` channels, each with as many, each channel in at least one (Durasov et al. 2021).
 *
 * Each member keeps k of round(k scale) places at random, and the places that nobody keeps are left out, so that
 * k scale (1 - (1 - 1 / scale)^members) channels are expected; drawn until there are as many as asked for.
 *
 * @throws ConfigError where no masks are found: few channels and a large scale.
 */
export function createMasks(members: number, channels: number, scale: number, rng: Rng): Masks {
  const expected = channels / (scale * (1 - (1 - 1 / scale) ** members));
  const sizes = Array.from({length: 2 * REACH + 1}, (_, i) => Math.round(expected) - REACH + i)
    .filter((size) => size >= 1 && size <= channels && Math.round(size * scale) >= channels)
    .sort((a, b) => Math.abs(a - expected) - Math.abs(b - expected));
  for (const size of sizes) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const drawn = drawMasks(members, size, Math.round(size * scale), rng.fork(size).fork(attempt));
      const used = [...new Set(drawn.flat())].sort((a, b) => a - b);
      if (used.length !== channels) continue;
      const places = new Map(used.map((place, i) => [place, i]));
      return {kept: drawn.map((mask) => mask.map((place) => places.get(place) as number).sort((a, b) => a - b)), size};
    }
  }
  throw new ConfigError(
    `masksembles: expected a scale with ${members} masks over ${channels} channels, got ${scale}. ` +
      'Take a smaller scale, or layers with more channels.',
  );
}

function drawMasks(members: number, size: number, places: number, rng: Rng): number[][] {
  return Array.from({length: members}, (_, m) => Array.from(rng.fork(m).permutation(places).subarray(0, size)));
}

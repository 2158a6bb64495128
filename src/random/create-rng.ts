import {ConfigError} from '../errors.ts';
import {childKey, initialState, type Key, rootKey} from './key.ts';
import type {Rng} from './rng.ts';
import {fillUniforms, nextUint32} from './xoroshiro.ts';
import {fillNormals} from './ziggurat.ts';

const KEY_WORDS = 4;
const STATE_WORDS = 8;

class StreamRng implements Rng {
  readonly #key: Key;
  readonly #state: Int32Array;

  constructor(key: Key, state: Int32Array) {
    this.#key = key;
    this.#state = state;
  }

  normals(n: number, out = new Float64Array(checkCount('normals', n))): Float64Array {
    if (out.length !== n) {
      throw new ConfigError(
        `normals: expected out to hold ${n} numbers, got ${out.length}. Pass one of that length or none.`,
      );
    }
    fillNormals(this.#state, out);
    return out;
  }

  uniforms(n: number): Float64Array {
    const out = new Float64Array(checkCount('uniforms', n));
    fillUniforms(this.#state, out);
    return out;
  }

  permutation(n: number): Uint32Array {
    const order = new Uint32Array(checkCount('permutation', n));
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      const swapped = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swapped;
    }
    return order;
  }

  fork(tag: string | number): Rng {
    const key = childKey(this.#key, checkName('fork', 'tag', tag));
    return new StreamRng(key, initialState(key));
  }

  getState(): Int32Array {
    const words = new Int32Array(STATE_WORDS);
    words.set(this.#key);
    words.set(this.#state, KEY_WORDS);
    return words;
  }

  /** An integer in 0..bound-1, without bias: draws past the last whole multiple of `bound` are thrown away. */
  #below(bound: number): number {
    const usable = 4294967296 - (4294967296 % bound);
    let draw = nextUint32(this.#state);
    while (draw >= usable) draw = nextUint32(this.#state);
    return draw % bound;
  }
}

/**
 * A seeded stream of random numbers that can be split into independent named streams.
 *
 * A stream is xoroshiro128+ (Blackman and Vigna, 2018) started from a 128-bit hash of the seed and of the tags of the
 * forks that led to it. `normals` is a ziggurat with 53 random bits per value (Marsaglia and Tsang, 2000; Doornik, 2005),
 * `uniforms` has 53 bits, `permutation` is the shuffle of Fisher and Yates without bias. Each draw takes whole steps of
 * the generator, so `normals(2)` and twice `normals(1)` give the same numbers. Not for cryptography.
 *
 * @param seed any finite number or any string (`1` and `'1'` differ), or `{state}` from {@link Rng.getState} to continue
 *   exactly where that stream stood, with the same forks.
 * @throws ConfigError if the seed is not a finite number, or the state is not one that `getState` returned.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * const rng = createRng(42);
 * const noise = rng.fork('weights').normals(3);     // independent of what `rng` itself draws
 * const saved = rng.getState();
 * const next = rng.uniforms(2);
 * const again = createRng({state: saved}).uniforms(2);
 * console.log(noise.length, next[0] === again[0]);  // 3 true
 * ```
 */
export function createRng(seed: number | string | {state: Int32Array}): Rng {
  if (typeof seed !== 'object' || seed === null) {
    const key = rootKey(checkName('createRng', 'seed', seed));
    return new StreamRng(key, initialState(key));
  }
  const {state} = seed;
  if (
    !(state instanceof Int32Array) ||
    state.length !== STATE_WORDS ||
    state.subarray(KEY_WORDS).every((w) => w === 0)
  ) {
    const got = state instanceof Int32Array ? `[${state.join(', ')}]` : typeof state;
    throw new ConfigError(
      `createRng: expected a state of ${STATE_WORDS} words, the last ${STATE_WORDS - KEY_WORDS} not all zero, got ${got}. ` +
        'Pass what getState() returned.',
    );
  }
  return new StreamRng(state.slice(0, KEY_WORDS), state.slice(KEY_WORDS));
}

function checkName(caller: string, what: string, value: unknown): number | string {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new ConfigError(
    `${caller}: expected ${what} to be a string or a finite number, got ${String(value)}. Pass an integer such as 42.`,
  );
}

function checkCount(caller: string, n: number): number {
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new ConfigError(`${caller}: expected a count of 0 or more, got ${n}. Pass a whole number.`);
}

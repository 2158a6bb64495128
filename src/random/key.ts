/** Four 32-bit words that name a stream. */
export type Key = Int32Array;

const NUMBER_TAG = 1;
const STRING_TAG = 2;
const STREAM_TAG = 3;
const ROUNDS = 6;

/** Mixes one word into a key: exclusive or, then quarter-rounds of ChaCha (Bernstein, 2008), each a bijection of the 128 bits. */
function absorb(key: Key, word: number): void {
  let a = (key[0] as number) ^ word;
  let b = key[1] as number;
  let c = key[2] as number;
  let d = key[3] as number;
  for (let round = 0; round < ROUNDS; round++) {
    a = (a + b) | 0;
    d ^= a;
    d = (d << 16) | (d >>> 16);
    c = (c + d) | 0;
    b ^= c;
    b = (b << 12) | (b >>> 20);
    a = (a + b) | 0;
    d ^= a;
    d = (d << 8) | (d >>> 24);
    c = (c + d) | 0;
    b ^= c;
    b = (b << 7) | (b >>> 25);
  }
  key[0] = a;
  key[1] = b;
  key[2] = c;
  key[3] = d;
}

/** The key of a seed; numbers and strings never meet, so that `1` and `'1'` name different streams. */
export function rootKey(seed: number | string): Key {
  // The fractional bits of the square roots of 2, 3, 5 and 7: any constant other than zero would do.
  return childKey(Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a), seed);
}

/** The key of the stream named `tag` under `parent`; a function of these two alone. */
export function childKey(parent: Key, tag: number | string): Key {
  const key = parent.slice();
  if (typeof tag === 'string') {
    absorb(key, STRING_TAG);
    absorb(key, tag.length);
    for (let i = 0; i < tag.length; i += 2) {
      const second = i + 1 < tag.length ? tag.charCodeAt(i + 1) : 0;
      absorb(key, tag.charCodeAt(i) | (second << 16));
    }
  } else {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, tag === 0 ? 0 : tag);
    absorb(key, NUMBER_TAG);
    absorb(key, bits.getInt32(0));
    absorb(key, bits.getInt32(4));
  }
  return key;
}

/** Where the stream of a key starts: a generator state that tells nothing of the keys of its children. */
export function initialState(key: Key): Int32Array {
  const state = key.slice();
  absorb(state, STREAM_TAG);
  // The only state that xoroshiro128+ can never leave.
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}

const BITS = 11;
const BUCKETS = 1 << BITS;
const PASSES = 3;
const SMALL = 4096;
const SHORT_RUN = 24;
const LARGEST = 0x7fffffff;
const MINUS_ZERO = -0x80000000;

/**
 * Indices that put `values` (no NaN) in ascending order; equal values keep their order.
 *
 * A least-significant-digit radix sort on the leading 32 bits by which the numbers differ, then a comparison sort of each run
 * whose keys agree: such runs are short unless the numbers crowd together.
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const n = values.length;
  let order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n <= SMALL) return new Uint32Array(order.sort((i, j) => (values[i] as number) - (values[j] as number)).buffer);

  let keys = sortingKeys(values);
  let nextOrder = new Int32Array(n);
  let nextKeys = new Int32Array(n);
  for (let pass = 0; pass < PASSES; pass++) {
    scatter(keys, order, nextKeys, nextOrder, pass * BITS);
    [order, nextOrder] = [nextOrder, order];
    [keys, nextKeys] = [nextKeys, keys];
  }
  const result = new Uint32Array(order.buffer);
  sortRuns(keys, result, values);
  return result;
}

/**
 * Keys of 32 bits, to be read as unsigned, that never fall as the numbers rise: the leading bits of each number's distance, in float64
 * bits, from the least number. Signed arrays, because numbers above 2^31 leave the fast integers.
 */
function sortingKeys(values: Float64Array): Int32Array<ArrayBuffer> {
  const n = values.length;
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * n);
  const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
  let least = LARGEST;
  let most = -LARGEST;
  for (let i = high; i < 2 * n; i += 2) {
    const key = ascending(words[i] as number);
    if (key < least) least = key;
    if (key > most) most = key;
  }
  const spare = Math.min(Math.clz32(most - least), 31);
  const keys = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const word = words[2 * i + high] as number;
    const rest = words[2 * i + 1 - high] as number;
    if (word === MINUS_ZERO && rest === 0) {
      keys[i] = -least << spare; // -0 equals 0
      continue;
    }
    keys[i] = ((ascending(word) - least) << spare) | (((rest ^ (word >> 31)) >>> 1) >>> (31 - spare));
  }
  return keys;
}

/** The high word of a float64 number as an integer in the numbers' order: negative ones with all other bits flipped. */
function ascending(word: number): number {
  return word ^ ((word >> 31) & LARGEST);
}

/** Moves keys and order to where 11 bits of the keys say, stably. */
function scatter(
  keys: Int32Array,
  order: Int32Array,
  nextKeys: Int32Array,
  nextOrder: Int32Array,
  shift: number,
): void {
  const start = new Int32Array(BUCKETS + 1);
  for (let i = 0; i < keys.length; i++) {
    const after = (((keys[i] as number) >>> shift) & (BUCKETS - 1)) + 1;
    start[after] = (start[after] as number) + 1;
  }
  for (let b = 1; b <= BUCKETS; b++) start[b] = (start[b] as number) + (start[b - 1] as number);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    const bucket = (key >>> shift) & (BUCKETS - 1);
    const to = start[bucket] as number;
    start[bucket] = to + 1;
    nextKeys[to] = key;
    nextOrder[to] = order[i] as number;
  }
}

/** Sorts, within every run of equal keys, the indices by their values. */
function sortRuns(keys: Int32Array, order: Uint32Array, values: Float64Array): void {
  const n = keys.length;
  for (let i = 0; i < n; ) {
    const key = keys[i] as number;
    let end = i + 1;
    while (end < n && keys[end] === key) end++;
    if (end - i > SHORT_RUN) {
      sortLongRun(order.subarray(i, end), values);
    } else {
      for (let a = i + 1; a < end; a++) {
        const index = order[a] as number;
        const value = values[index] as number;
        let b = a;
        for (; b > i && (values[order[b - 1] as number] as number) > value; b--) order[b] = order[b - 1] as number;
        order[b] = index;
      }
    }
    i = end;
  }
}

/** Long runs are mostly ties, which are in order already. */
function sortLongRun(order: Uint32Array, values: Float64Array): void {
  for (let a = 1; a < order.length; a++) {
    if ((values[order[a - 1] as number] as number) > (values[order[a] as number] as number)) {
      order.sort((i, j) => (values[i] as number) - (values[j] as number));
      return;
    }
  }
}

const BITS = 11;
const BUCKETS = 1 << BITS;
const PASSES = 3;
const SMALL = 4096;
const SHORT_RUN = 24;

/**
 * Indices that put `values` (no NaN) in ascending order; equal values keep their order.
 *
 * A least-significant-digit radix sort on the high words of the float64 numbers, then a comparison sort of each run
 * whose high words agree: such runs are short unless the numbers crowd together.
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const n = values.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n <= SMALL) return order.sort((i, j) => (values[i] as number) - (values[j] as number));

  let keys = highWords(values);
  let nextOrder = new Uint32Array(n);
  let nextKeys = new Uint32Array(n);
  for (let pass = 0; pass < PASSES; pass++) {
    scatter(keys, order, nextKeys, nextOrder, pass * BITS);
    [order, nextOrder] = [nextOrder, order];
    [keys, nextKeys] = [nextKeys, keys];
  }
  sortRuns(keys, order, values);
  return order;
}

/** The high 32 bits of each number, as unsigned integers that are ordered as the numbers are. */
function highWords(values: Float64Array): Uint32Array<ArrayBuffer> {
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
  const keys = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    number[0] = (values[i] as number) + 0; // turns -0, which equals 0, into it
    const word = words[high] as number;
    keys[i] = word ^ ((word >> 31) | 0x80000000);
  }
  return keys;
}

/** Moves keys and order to where 11 bits of the keys say, stably. */
function scatter(
  keys: Uint32Array,
  order: Uint32Array,
  nextKeys: Uint32Array,
  nextOrder: Uint32Array,
  shift: number,
): void {
  const start = new Uint32Array(BUCKETS + 1);
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
function sortRuns(keys: Uint32Array, order: Uint32Array, values: Float64Array): void {
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

/**
 * xoroshiro128+ with the constants 24, 16, 37 (Blackman and Vigna, 2018) on 32-bit halves. A state is
 * `[s0 high, s0 low, s1 high, s1 low]`, the order of the pure-rand package, whose generator is the oracle in the tests.
 *
 * Loops that fill arrays keep the state in local variables and repeat the step in line: a call per number, and memory
 * traffic for four words, would cost more than the step. One step gives one number from the upper bits of the 64-bit
 * output, because the lowest bits are the weakest.
 */

/** Advances `state` and returns the upper 32 bits of the output as an unsigned integer. */
export function nextUint32(state: Int32Array): number {
  const h0 = state[0] as number;
  const l0 = state[1] as number;
  const h1 = state[2] as number;
  const l1 = state[3] as number;
  const low = (l0 + l1) | 0;
  const high = (h0 + h1 + (((l0 & l1) | ((l0 | l1) & ~low)) >>> 31)) | 0;
  const xl = l1 ^ l0;
  const xh = h1 ^ h0;
  state[0] = (h0 << 24) ^ (l0 >>> 8) ^ xh ^ ((xh << 16) | (xl >>> 16));
  state[1] = (l0 << 24) ^ (h0 >>> 8) ^ xl ^ (xl << 16);
  state[2] = (xl << 5) ^ (xh >>> 27);
  state[3] = (xh << 5) ^ (xl >>> 27);
  return high >>> 0;
}

/** Advances `state` and returns a uniform in [0, 1), a multiple of 2^-53: the next number of {@link fillUniforms}. */
export function nextUniform(state: Int32Array): number {
  const low = ((state[1] as number) + (state[3] as number)) | 0;
  return (nextUint32(state) * 2097152 + (low >>> 11)) * 1.1102230246251565e-16;
}

/** Fills `out` with uniforms in [0, 1), multiples of 2^-53. */
export function fillUniforms(state: Int32Array, out: Float64Array): void {
  let h0 = state[0] as number;
  let l0 = state[1] as number;
  let h1 = state[2] as number;
  let l1 = state[3] as number;
  for (let k = 0; k < out.length; k++) {
    const low = (l0 + l1) | 0;
    const high = (h0 + h1 + (((l0 & l1) | ((l0 | l1) & ~low)) >>> 31)) | 0;
    const xl = l1 ^ l0;
    const xh = h1 ^ h0;
    const l0Before = l0;
    l0 = (l0 << 24) ^ (h0 >>> 8) ^ xl ^ (xl << 16);
    h0 = (h0 << 24) ^ (l0Before >>> 8) ^ xh ^ ((xh << 16) | (xl >>> 16));
    h1 = (xl << 5) ^ (xh >>> 27);
    l1 = (xh << 5) ^ (xl >>> 27);
    out[k] = ((high >>> 0) * 2097152 + (low >>> 11)) * 1.1102230246251565e-16;
  }
  state[0] = h0;
  state[1] = l0;
  state[2] = h1;
  state[3] = l1;
}

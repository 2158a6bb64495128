import {nextUniform} from './xoroshiro.ts';

const LAYERS = 256;
/** Start of the tail, and the area of every layer that goes with it (solved to 40 digits, rounded). */
const TAIL = 3.654152885361009;
const AREA = 0.004928673233974655;
/** Draws are odd multiples of 2^-53 of an edge, (2 n + 1) 2^-53 with n a signed 53-bit integer: symmetric, and never zero. */
const UNIT = 2 ** -53;

const edges = layerEdges();
const heights = edges.map(gaussian);
// Plain arrays: once any buffer of the process has been detached, as growing wasm memory does, V8 checks for that at every
// access to a typed one, which costs a quarter of the loop's time.
const widths = Array.from(edges.subarray(0, LAYERS), (edge) => edge * UNIT);
/** Upper 30 bits of |draw| below which it lies left of the next edge for sure; the few between are resolved exactly. */
const insides = Array.from(widths, (_, i) =>
  Math.max(0, Math.floor(((edges[i + 1] as number) / (edges[i] as number)) * 2 ** 30) - 1),
);

function gaussian(x: number): number {
  return Math.exp(-0.5 * x * x);
}

/** Right edges of the layers from the base up; the base is as wide as a rectangle of its height and area would be. */
function layerEdges(): Float64Array {
  const x = new Float64Array(LAYERS + 1);
  x[0] = AREA / gaussian(TAIL);
  x[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    const below = x[i - 1] as number;
    x[i] = Math.sqrt(-2 * Math.log(AREA / below + gaussian(below)));
  }
  // Engines may differ in the last bits of exp and log; on a grid of 2^-44 they agree.
  return x.map((edge) => Math.round(edge * 2 ** 44) / 2 ** 44);
}

const single = new Float64Array(1);

/** A normal beyond the tail's start, by the exponential majorant of Marsaglia (1964). */
function tail(state: Int32Array): number {
  for (;;) {
    const excess = -Math.log1p(-nextUniform(state)) / TAIL;
    if (-2 * Math.log1p(-nextUniform(state)) > excess * excess) return TAIL + excess;
  }
}

/** One normal, given a point x of a layer that may lie right of the next edge: in the tail, under the curve, or drawn anew. */
function resolve(state: Int32Array, layer: number, x: number): number {
  if (Math.abs(x) < (edges[layer + 1] as number)) return x;
  if (layer === 0) return x < 0 ? -tail(state) : tail(state);
  const bottom = heights[layer] as number;
  const top = heights[layer + 1] as number;
  if (bottom + nextUniform(state) * (top - bottom) < gaussian(x)) return x;
  fillNormals(state, single);
  return single[0] as number;
}

/** Layer of the point at which {@link fillUntilMiss} stopped. */
let missedLayer = 0;

/**
 * Fills `out` from `start` on up to the first point that may lie right of the next edge, which it leaves in `out`; returns
 * that point's index. On its own, without the rare cases, the loop compiles to code that is a fifth faster.
 */
function fillUntilMiss(state: Int32Array, out: Float64Array, start: number): number {
  let h0 = state[0] as number;
  let l0 = state[1] as number;
  let h1 = state[2] as number;
  let l1 = state[3] as number;
  const [width, inside] = [widths, insides]; // locals, because a module's variables are looked up at every use
  let layer = 0;
  let k = start;
  const end = out.length;
  for (; k < end; k++) {
    const low = (l0 + l1) | 0;
    const xl = l1 ^ l0;
    const xh = h1 ^ h0;
    const high = (h0 + h1 + (((xl & ~low) | (l0 & l1)) >>> 31)) | 0;
    const l0Before = l0;
    l0 = (l0 << 24) ^ (h0 >>> 8) ^ xl ^ (xl << 16);
    h0 = (h0 << 24) ^ (l0Before >>> 8) ^ xh ^ ((xh << 16) | (xl >>> 16));
    h1 = (xl << 5) ^ (xh >>> 27);
    l1 = (xh << 5) ^ (xl >>> 27);
    layer = (low >>> 3) & 255;
    out[k] = (high * 4194304 + ((low >>> 10) | 1)) * (width[layer] as number);
    if ((high ^ (high >> 31)) >>> 1 >= (inside[layer] as number)) break;
  }
  state[0] = h0;
  state[1] = l0;
  state[2] = h1;
  state[3] = l1;
  missedLayer = layer;
  return k;
}

/**
 * Fills `out` with standard normals by the ziggurat method (Marsaglia and Tsang, 2000) with 256 layers.
 *
 * Value and layer come from different bits of one 64-bit output (53 for the value, 8 for the layer), which removes the
 * correlation that Doornik (2005) found in the original.
 */
export function fillNormals(state: Int32Array, out: Float64Array): void {
  let k = fillUntilMiss(state, out, 0);
  while (k < out.length) {
    out[k] = resolve(state, missedLayer, out[k] as number);
    k = fillUntilMiss(state, out, k + 1);
  }
}

import {type Code, list, section, sized, text, unsigned} from './wasm-bytes.ts';
import {type Lanes, singleLanes, type Values, vectorLanes} from './wasm-lanes.ts';

/** An elementwise loop over float32 arrays of one length. */
export interface LoopSpec<Name extends string = string> {
  /** Name of the exported function: `(length, ...byte offsets of the arrays, ...constants)`. */
  readonly name: Name;
  /** Number of arrays, read or written. */
  readonly arrays: number;
  /** Number of constants. */
  readonly constants: number;
  /** What is stored to which array, after all that is kept. */
  body(lanes: Lanes): readonly (readonly [array: number, code: Code])[];
}

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
const [GET, SET, EMPTY, END] = [0x20, 0x21, 0x40, 0x0b];

/**
 * A WebAssembly module of elementwise loops over the memory `env.memory`, four floats at a time (128-bit SIMD), the rest one
 * by one. A chain of tensor operations walks through memory once for each; such a loop walks once.
 */
export function wasmLoops(specs: readonly LoopSpec[]): Uint8Array<ArrayBuffer> {
  const types = specs.map(({arrays, constants}) => [
    0x60,
    ...list([...Array<number>(1 + arrays).fill(I32), ...Array<number>(constants).fill(F32)].map((type) => [type])),
    0,
  ]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x00, 0x00];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      specs.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      specs.map(({name}, i) => [...text(name), 0x00, ...unsigned(i)]),
    ),
    ...section(
      10,
      specs.map((spec) => sized(functionBody(spec))),
    ),
  ]);
}

/** Parameters: the length, the arrays, the constants; then a counter and the values of both loops. */
function functionBody(spec: LoopSpec): number[] {
  const counter = 1 + spec.arrays + spec.constants;
  const vectors = loop(spec, {counter, firstValue: counter + 1, four: true});
  const singles = loop(spec, {counter, firstValue: counter + 1 + vectors.values, four: false});
  const locals = [
    [1, I32],
    [vectors.values, V128],
    [singles.values, F32],
  ] as const;
  const length = [GET, 0];
  return [
    ...list(locals.map(([count, type]) => [...unsigned(count), type])),
    ...[...length, 0x41, 2, 0x76, SET, counter], // length >> 2
    ...vectors.code,
    ...[...length, 0x41, 3, 0x71, SET, counter], // length & 3
    ...singles.code,
    END,
  ];
}

interface LoopOptions {
  readonly counter: number;
  readonly firstValue: number;
  readonly four: boolean;
}

/** The loop over as many steps as the counter says, and how many values it holds. */
function loop({arrays, body}: LoopSpec, {counter, firstValue, four}: LoopOptions): {code: Code; values: number} {
  const [before, inside]: [number[], number[]] = [[], []];
  const known = new Map<string, Code>();
  let values = 0;
  const setIn = (codes: number[], code: Code): Code => {
    const index = unsigned(firstValue + values++);
    codes.push(...code, SET, ...index);
    return [GET, ...index];
  };
  const held: Values = {
    keep: (code) => setIn(inside, code),
    once(code) {
      const value = known.get(code.join()) ?? setIn(before, code);
      known.set(code.join(), value);
      return value;
    },
  };
  const stores = body(four ? vectorLanes(arrays, held) : singleLanes(arrays, held));
  const store = four ? [0xfd, 0x0b, 2, 0] : [0x38, 2, 0];
  const code = [
    ...before,
    ...[0x02, EMPTY, 0x03, EMPTY], // block, loop
    ...[GET, counter, 0x45, 0x0d, 1], // leave the block at 0
    ...inside,
    ...stores.flatMap(([array, value]) => [GET, 1 + array, ...value, ...store]),
    ...Array.from({length: arrays}, (_, a) => [GET, 1 + a, 0x41, four ? 16 : 4, 0x6a, SET, 1 + a]).flat(),
    ...[GET, counter, 0x41, 1, 0x6b, SET, counter],
    ...[0x0c, 0, END, END], // again
  ];
  return {code, values};
}

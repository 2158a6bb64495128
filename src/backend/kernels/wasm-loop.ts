/** WebAssembly instructions that leave one value on the stack. */
export type Code = readonly number[];

/** The arithmetic of a loop, on vectors of four floats or on one float at a time. */
export interface Lanes {
  /** The element of an array at the current position; arrays are numbered as in {@link LoopSpec}. */
  load(array: number): Code;
  /** A constant of the loop, numbered from 0. */
  constant(index: number): Code;
  /** A number that is part of the program. */
  number(value: number): Code;
  /** An intermediate value that {@link LoopSpec} names, numbered from 0. */
  value(index: number): Code;
  add(a: Code, b: Code): Code;
  sub(a: Code, b: Code): Code;
  mul(a: Code, b: Code): Code;
  div(a: Code, b: Code): Code;
  min(a: Code, b: Code): Code;
  max(a: Code, b: Code): Code;
  sqrt(a: Code): Code;
}

/** An elementwise loop over float32 arrays of one length. */
export interface LoopSpec<Name extends string = string> {
  /** Name of the exported function: `(length, ...byte offsets of the arrays, ...constants)`. */
  readonly name: Name;
  /** Number of arrays, read or written. */
  readonly arrays: number;
  /** Number of constants. */
  readonly constants: number;
  /** Intermediate values in the order in which they are computed, and what is then stored to which array. */
  body(lanes: Lanes): {values: readonly Code[]; stores: readonly (readonly [array: number, code: Code])[]};
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
    ...vector([...Array<number>(1 + arrays).fill(I32), ...Array<number>(constants).fill(F32)].map((type) => [type])),
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

/** Parameters: the length, the arrays, the constants; then a counter and the intermediate values of both loops. */
function functionBody(spec: LoopSpec): number[] {
  const {arrays, constants} = spec;
  const counter = 1 + arrays + constants;
  const vectors = lanes(counter + 1, arrays, true);
  const {length: count} = spec.body(vectors).values;
  const singles = lanes(counter + 1 + count, arrays, false);
  const locals = [
    [1, I32],
    ...(count > 0
      ? [
          [count, V128],
          [count, F32],
        ]
      : []),
  ];
  const length = [GET, 0];
  return [
    ...vector(locals.map(([n, type]) => [...unsigned(n as number), type as number])),
    ...[...length, 0x41, 2, 0x76, SET, counter], // length >> 2
    ...loop(spec, vectors, {counter, first: counter + 1, bytes: 16}),
    ...[...length, 0x41, 3, 0x71, SET, counter], // length & 3
    ...loop(spec, singles, {counter, first: counter + 1 + count, bytes: 4}),
    END,
  ];
}

function loop(
  {arrays, body}: LoopSpec,
  by: Lanes,
  {counter, first, bytes}: {counter: number; first: number; bytes: 16 | 4},
): number[] {
  const {values, stores} = body(by);
  const store = bytes === 16 ? [0xfd, 0x0b, 2, 0] : [0x38, 2, 0];
  return [
    ...[0x02, EMPTY, 0x03, EMPTY], // block, loop
    ...[GET, counter, 0x45, 0x0d, 1], // leave the block at 0
    ...values.flatMap((code, i) => [...code, SET, ...unsigned(first + i)]),
    ...stores.flatMap(([array, code]) => [GET, 1 + array, ...code, ...store]),
    ...Array.from({length: arrays}, (_, a) => [GET, 1 + a, 0x41, bytes, 0x6a, SET, 1 + a]).flat(),
    ...[GET, counter, 0x41, 1, 0x6b, SET, counter],
    ...[0x0c, 0, END, END], // again
  ];
}

function lanes(firstValue: number, arrays: number, four: boolean): Lanes {
  const binary =
    (vectorOp: number, singleOp: number) =>
    (a: Code, b: Code): Code => [...a, ...b, ...(four ? [0xfd, vectorOp, 0x01] : [singleOp])];
  return {
    load: (array) => [GET, 1 + array, ...(four ? [0xfd, 0x00, 2, 0] : [0x2a, 2, 0])],
    constant: (index) => [GET, 1 + arrays + index, ...(four ? [0xfd, 0x13] : [])],
    number: (value) => [0x43, ...singleBytes(value), ...(four ? [0xfd, 0x13] : [])],
    value: (index) => [GET, ...unsigned(firstValue + index)],
    add: binary(0xe4, 0x92),
    sub: binary(0xe5, 0x93),
    mul: binary(0xe6, 0x94),
    div: binary(0xe7, 0x95),
    min: binary(0xe8, 0x96),
    max: binary(0xe9, 0x97),
    sqrt: (a) => [...a, ...(four ? [0xfd, 0xe3, 0x01] : [0x91])],
  };
}

function singleBytes(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return new Uint8Array(view.buffer);
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized(vector(items))];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(name: string): number[] {
  return sized([...new TextEncoder().encode(name)]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

import {type Code, single} from './wasm-bytes.ts';

/** The arithmetic of a loop, on vectors of four floats or on one float at a time. */
export interface Lanes {
  /** The element of an array at the current position; arrays are numbered as in `LoopSpec`. */
  load(array: number): Code;
  /** A constant of the loop, numbered from 0. */
  constant(index: number): Code;
  /** A number that is part of the program. */
  number(value: number): Code;
  /** The value of a code that is used more than once: computed here, read where the result stands. */
  keep(code: Code): Code;
  add(a: Code, b: Code): Code;
  sub(a: Code, b: Code): Code;
  mul(a: Code, b: Code): Code;
  div(a: Code, b: Code): Code;
  /** The smaller one; NaN where a is. */
  min(a: Code, b: Code): Code;
  /** The larger one; NaN where a is. */
  max(a: Code, b: Code): Code;
  sqrt(a: Code): Code;
  abs(a: Code): Code;
  /** The nearest whole number. */
  nearest(a: Code): Code;
  /** 2^a of whole numbers from -126 to 127, and 0 for a = -127. */
  powerOfTwo(a: Code): Code;
  /** The whole number n with 2^n <= a < 2^(n + 1), of normal numbers above 0. */
  exponent(a: Code): Code;
}

/** How a loop holds values: those of each step, and those that stay the same. */
export interface Values {
  /** Computed in each step. */
  keep(code: Code): Code;
  /** Computed once, before the loop. */
  once(code: Code): Code;
}

const [GET, SIMD, I32_CONST] = [0x20, 0xfd, 0x41];

/** Of the exponent of a float of 32 bits, which stands above the bits of the mantissa. */
const [BIAS, MANTISSA_BITS] = [127, 23];

/** Added to a small whole number it makes a float whose last bits are that number. */
const WHOLE = 1.5 * 2 ** MANTISSA_BITS;

/** The arithmetic on four floats at a time. */
export function vectorLanes(arrays: number, {keep, once}: Values): Lanes {
  const splat = (code: Code): Code => once([...code, SIMD, 0x13]);
  const unary =
    (...operation: number[]) =>
    (a: Code): Code => [...a, SIMD, ...operation];
  const binary =
    (operation: number) =>
    (a: Code, b: Code): Code => [...a, ...b, SIMD, operation, 0x01];
  const number = (value: number): Code => splat([0x43, ...single(value)]);
  const [add, sub] = [binary(0xe4), binary(0xe5)];
  const fromInteger = unary(0xfa, 0x01);
  const shift =
    (operation: number) =>
    (a: Code): Code => [...a, I32_CONST, MANTISSA_BITS, SIMD, operation, 0x01];
  const [left, right] = [shift(0xab), shift(0xad)];
  return {
    load: (array) => [GET, 1 + array, SIMD, 0x00, 2, 0],
    constant: (index) => splat([GET, 1 + arrays + index]),
    number,
    keep,
    add,
    sub,
    mul: binary(0xe6),
    div: binary(0xe7),
    min: binary(0xea),
    max: binary(0xeb),
    sqrt: unary(0xe3, 0x01),
    abs: unary(0xe0, 0x01),
    nearest: unary(0x6a),
    powerOfTwo: (a) => left(add(a, number(WHOLE + BIAS))),
    exponent: (a) => sub(fromInteger(right(a)), number(BIAS)),
  };
}

/** The arithmetic on one float at a time. */
export function singleLanes(arrays: number, {keep}: Values): Lanes {
  const unary =
    (...operation: number[]) =>
    (a: Code): Code => [...a, ...operation];
  const binary =
    (operation: number) =>
    (a: Code, b: Code): Code => [...a, ...b, operation];
  const number = (value: number): Code => [0x43, ...single(value)];
  const [add, sub] = [binary(0x92), binary(0x93)];
  const [bits, fromInteger, fromBits] = [unary(0xbc), unary(0xb2), unary(0xbe)];
  const shift =
    (operation: number) =>
    (a: Code): Code => [...a, I32_CONST, MANTISSA_BITS, operation];
  const [left, right] = [shift(0x74), shift(0x76)];
  return {
    load: (array) => [GET, 1 + array, 0x2a, 2, 0],
    constant: (index) => [GET, 1 + arrays + index],
    number,
    keep,
    add,
    sub,
    mul: binary(0x94),
    div: binary(0x95),
    min: binary(0x96),
    max: binary(0x97),
    sqrt: unary(0x91),
    abs: unary(0x8b),
    nearest: unary(0x90),
    powerOfTwo: (a) => fromBits(left(bits(add(a, number(WHOLE + BIAS))))),
    exponent: (a) => sub(fromInteger(right(bits(a))), number(BIAS)),
  };
}

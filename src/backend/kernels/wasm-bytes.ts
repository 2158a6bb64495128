/** WebAssembly instructions that leave one value on the stack. */
export type Code = readonly number[];

/** A section of a module: a list of items behind its id and length. */
export function section(id: number, items: readonly Code[]): number[] {
  return [id, ...sized(list(items))];
}

/** Items behind their number. */
export function list(items: readonly Code[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** Bytes behind their number. */
export function sized(bytes: Code): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** A name. */
export function text(name: string): number[] {
  return sized([...new TextEncoder().encode(name)]);
}

/** LEB128. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** A float of 32 bits. */
export function single(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

/**
 * A map that every copy of this package in the process shares, as all share tfjs's one table of kernels: a copy that took
 * another's kernels for tfjs's own would end in kernels that call themselves.
 */
export function sharedMap<V>(name: string): Map<string, V> {
  const key = Symbol.for(`tfjs-bayes ${name}`);
  const holder = globalThis as unknown as Record<symbol, Map<string, V> | undefined>;
  holder[key] ??= new Map();
  return holder[key];
}

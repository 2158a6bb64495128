/** A property of an object that takes another value for a while. */
export interface Override {
  /** The object. */
  readonly target: object;
  /** Name of the property. */
  readonly key: string;
  /** What it holds meanwhile. */
  readonly value: unknown;
}

/**
 * Runs `body` while each override's own property shadows what the object had, and puts everything back whatever happens:
 * a property that was the object's own gets its old descriptor, one that it inherited shows through again.
 */
export function withOverrides<T>(overrides: readonly Override[], body: () => T): T {
  const restore: (() => void)[] = [];
  try {
    for (const {target, key, value} of overrides) {
      const before = Object.getOwnPropertyDescriptor(target, key);
      Object.defineProperty(target, key, {value, configurable: true, enumerable: true, writable: true});
      restore.push(() => {
        if (before === undefined) Reflect.deleteProperty(target, key);
        else Object.defineProperty(target, key, before);
      });
    }
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}

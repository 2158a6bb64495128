const seen = new Set<string>();
let sink: (message: string) => void = (message) => console.warn(message);

/** Warns once per distinct message, through `console.warn` unless {@link onWarning} set another receiver. */
export function warn(message: string): void {
  if (seen.has(message)) return;
  seen.add(message);
  sink(message);
}

/**
 * Sends warnings to `receiver` and forgets which were given already; returns a function that puts the old receiver back.
 *
 * @example
 * ```ts
 * import {onWarning} from 'tfjs-bayes';
 * const restore = onWarning((message) => console.log(`noted: ${message}`));
 * restore();
 * ```
 */
export function onWarning(receiver: (message: string) => void): () => void {
  const previous = sink;
  sink = receiver;
  seen.clear();
  return () => {
    sink = previous;
    seen.clear();
  };
}

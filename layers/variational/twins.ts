import {CELLS} from './cells.ts';
import {FEED_FORWARD} from './kinds.ts';
import {RECURRENT} from './recurrent.ts';
import {WRAPPERS} from './wrappers.ts';

/** Stock layers and cells whose weights can have a posterior, by class name. */
export const LEAVES: ReadonlySet<string> = new Set(
  [...FEED_FORWARD.keys(), ...RECURRENT.keys(), ...CELLS.keys()].filter((name) => name !== 'RNN'),
);

/** Stock layers around others that have a variational twin, by class name. */
export const HOSTS: ReadonlySet<string> = new Set(['RNN', ...WRAPPERS.keys()]);

/** Whether this is the class name of a variational layer. */
export function isTwin(className: string): boolean {
  const stock = className.replace(/^Bayes/, '');
  return stock !== className && (LEAVES.has(stock) || HOSTS.has(stock));
}

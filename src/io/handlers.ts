import {io} from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {file} from './file.ts';

/** The handler to save to: a given one, a URL that tfjs knows (`localstorage://`, `indexeddb://`, ...), or a file. */
export function saveHandler(target: string | io.IOHandler): io.IOHandler {
  return resolve(target, io.getSaveHandlers, 'posterior.save');
}

/** The handler to load from, likewise. */
export function loadHandler(source: string | io.IOHandler, caller = 'loadPosterior'): io.IOHandler {
  return resolve(source, io.getLoadHandlers, caller);
}

function resolve(target: string | io.IOHandler, lookUp: (url: string) => io.IOHandler[], caller: string): io.IOHandler {
  if (typeof target !== 'string') return target;
  const path = /^file:\/\//.test(target) ? target.replace(/^file:\/\//, '') : target;
  if (path !== target || !target.includes('://')) return file(path, caller);
  const [handler] = lookUp(target);
  if (!handler) {
    throw new ConfigError(
      `${caller}: expected a path, a 'file://', 'localstorage://', 'indexeddb://' or 'http://' URL, or a tf.io handler, ` +
        `got '${target}'. Use one of these.`,
    );
  }
  return handler;
}

/** Flags of Node that decide what a module is; those of the engine are not for threads to set. */
const OF_MODULES = /^(--(import|require|conditions|loader|experimental-loader)|-r|-C)(=|$)/;

/**
 * Flags for threads in which TypeScript can be imported, where the process runs under tsx: its flag readies the main thread
 * only. Undefined elsewhere: threads then get the flags of the process.
 */
export function threadFlags(): string[] | undefined {
  const {execArgv, env} = process;
  if (![...execArgv, env.NODE_OPTIONS].some((flag) => flag?.includes('tsx'))) return undefined;
  try {
    const program = `import {register} from ${JSON.stringify(tsxApi())}; register();`;
    return [...moduleFlags(execArgv), '--import', `data:text/javascript,${encodeURIComponent(program)}`];
  } catch {
    return undefined; // tsx cannot be found from here: a thread says itself what it cannot import
  }
}

/** Address of the part of tsx that can be called. By way of its manifest, because a thread's program resolves no names. */
function tsxApi(): string {
  const {createRequire} = process.getBuiltinModule('node:module');
  const {pathToFileURL} = process.getBuiltinModule('node:url');
  const require = createRequire(import.meta.url);
  const {exports} = require('tsx/package.json') as {exports: Record<string, {import: {default: string}}>};
  const entry = exports['./esm/api']?.import.default ?? '';
  return new URL(entry, pathToFileURL(require.resolve('tsx/package.json'))).href;
}

function moduleFlags(flags: readonly string[]): string[] {
  return flags.filter((flag, i) => {
    const before = flags[i - 1];
    return OF_MODULES.test(flag) || (before !== undefined && !before.includes('=') && OF_MODULES.test(before));
  });
}

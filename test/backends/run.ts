import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

/** Runs the contract tables once per backend, each in a process of its own; a backend that is not installed is skipped in one line. */
const root = join(import.meta.dirname, '../..');
const backends = ['cpu', 'wasm', 'tensorflow', 'webgpu'];
const {values} = parseArgs({
  options: {
    /** Backends that must not be skipped, separated by commas. */
    require: {type: 'string', default: 'cpu,wasm'},
    /** The specs. */
    spec: {type: 'string', default: 'test/contracts/**/*.test.ts'},
  },
});
const required = values.require.split(',').filter((name) => name !== '');
const unknown = required.filter((name) => !backends.includes(name));
if (unknown.length > 0)
  throw new Error(`--require: expected some of ${backends.join(', ')}, got ${unknown.join(', ')}`);

const nodeOptions = ['import=tsx', 'import=./test/backends/register.mjs', 'conditions=@tfjs-bayes/source'];
let failed = 0;
for (const backend of backends) {
  const env = {...process.env, TFJS_BAYES_BACKEND: backend, TF_CPP_MIN_LOG_LEVEL: '2'};
  const flags = nodeOptions.map((option) => `--${option}`);
  const probe = spawnSync(process.execPath, [...flags, 'test/backends/probe.ts', backend], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (probe.status !== 0) {
    const reason = (probe.stdout || probe.stderr || `ended by ${probe.signal}`).trim().split('\n')[0];
    const binding = required.includes(backend);
    console.log(`\n${backend}: ${binding ? 'FAILED, it is required here but missing' : 'skipped'}: ${reason}`);
    if (binding) failed++;
    continue;
  }
  console.log(`\n${backend}:`);
  const mocha = [
    'node_modules/mocha/bin/mocha.js',
    '--forbid-only',
    '--forbid-pending',
    ...nodeOptions.flatMap((option) => ['--node-option', option]),
  ];
  const run = spawnSync(process.execPath, [...mocha, values.spec], {cwd: root, env, stdio: 'inherit'});
  if (run.status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);

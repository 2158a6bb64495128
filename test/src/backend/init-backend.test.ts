import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import type {Candidate, StartOptions} from '../../../src/backend/candidates.ts';
import {CANDIDATES} from '../../../src/backend/candidates.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {choose} from '../../../src/backend/init-backend.ts';
import {ConfigError} from '../../../src/errors.ts';

/** Fails unless `work` is refused with an error of ours that says all of `parts`. */
async function expectRefused(work: Promise<unknown>, ...parts: string[]): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ConfigError);
  for (const part of parts) expect((error as ConfigError).message).to.contain(part);
}

function candidate(name: Candidate['name'], outcome: boolean | 'software', seen: StartOptions[] = []): Candidate {
  return {
    name,
    backend: name,
    remedy: `Install ${name}`,
    async start(options) {
      seen.push(options);
      if (outcome === 'software') {
        return options.preferred ? {started: true, software: true} : {started: false, reason: 'software'};
      }
      return outcome ? {started: true, software: false} : {started: false, reason: 'not installed'};
    },
  };
}

describe('initBackend', () => {
  afterEach(async () => {
    await initBackend({prefer: 'wasm'});
  });

  it('tries the backends from the fastest to the slowest', () => {
    expect(CANDIDATES.map(({name}) => name)).to.deep.equal([
      'tfjs-node-gpu',
      'tfjs-node',
      'webgpu',
      'webgl',
      'wasm',
      'cpu',
    ]);
  });

  it('takes the first that starts and says what it passed over', async () => {
    const later: StartOptions[] = [];
    const info = await choose(
      [
        candidate('tfjs-node', false),
        candidate('webgpu', 'software'),
        candidate('wasm', true),
        candidate('cpu', true, later),
      ],
      undefined,
    );
    expect(info).to.deep.equal({
      name: 'wasm',
      backend: 'wasm',
      software: false,
      version: tf.version_core,
      message: 'Takes the backend wasm. Passed over: tfjs-node (not installed); webgpu (software).',
    });
    expect(later).to.deep.equal([]);
  });

  it('takes a software graphics driver when asked to', async () => {
    const info = await choose([candidate('webgpu', 'software'), candidate('wasm', true)], 'webgpu');
    expect([info.name, info.software, info.message]).to.deep.equal([
      'webgpu',
      true,
      'Takes the backend webgpu on a software graphics driver.',
    ]);
  });

  it('hands the wasm path on', async () => {
    const seen: StartOptions[] = [];
    await choose([candidate('wasm', true, seen)], undefined, '/assets/');
    expect(seen).to.deep.equal([{preferred: false, wasmPath: '/assets/'}]);
  });

  it('refuses a preferred backend that is missing and says what to install', async () => {
    const work = choose([candidate('tfjs-node', false), candidate('wasm', true)], 'tfjs-node');
    await expectRefused(work, 'expected the backend tfjs-node', 'not installed. Install tfjs-node.');
  });

  it('refuses webgl in Node', async () => {
    await expectRefused(initBackend({prefer: 'webgl'}), 'expected the backend webgl', 'runs in browsers only');
    expect(tf.getBackend()).to.equal('wasm');
  });

  it('refuses an unknown name', async () => {
    await expectRefused(initBackend({prefer: 'cuda' as never}), 'tfjs-node-gpu, tfjs-node, webgpu', 'got cuda');
  });

  it('says so where nothing is installed', async () => {
    const work = choose([candidate('wasm', false), candidate('cpu', false)], undefined);
    await expectRefused(work, 'got none: wasm (not installed); cpu (not installed)', 'npm install');
  });

  it('keeps the backend in use, and goes to another one only when asked', async () => {
    await tf.setBackend('cpu');
    const kept = await initBackend();
    expect([kept.name, kept.backend, tf.getBackend()]).to.deep.equal(['cpu', 'cpu', 'cpu']);
    const other = await initBackend({prefer: 'wasm'});
    expect([other.name, tf.getBackend()]).to.deep.equal(['wasm', 'wasm']);
  });

  it('takes its turn when called several times at once', async () => {
    const infos = await Promise.all([
      initBackend({prefer: 'cpu'}),
      initBackend(),
      initBackend({prefer: 'wasm'}),
      initBackend(),
    ]);
    expect(infos.map(({name}) => name)).to.deep.equal(['cpu', 'cpu', 'wasm', 'wasm']);
  });

  it('changes nothing on import, and sets everything up when called', async () => {
    const script = `
      import * as tf from '@tensorflow/tfjs-core';
      import '@tensorflow/tfjs-backend-wasm';
      import {initBackend} from './src/backend/index.ts';
      const state = () => [tf.getBackend() ?? null, tf.getKernel('Einsum', 'wasm') !== undefined, 'flatten' in tf.Tensor.prototype];
      const before = state();
      const info = await initBackend({prefer: 'wasm'});
      const flat = tf.ones([2, 3]).flatten().shape;
      console.log(JSON.stringify({before, info: info.name, after: state(), flat}));`;
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
    const {stdout, stderr} = await run;
    expect(JSON.parse(stdout)).to.deep.equal({
      before: [null, false, false],
      info: 'wasm',
      after: ['wasm', true, true],
      flat: [6],
    });
    expect(stderr).to.equal('');
  });
});

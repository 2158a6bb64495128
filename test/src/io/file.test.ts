import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../../laplace/index.ts';
import {ConfigError, FormatError} from '../../../src/errors.ts';
import {file, fromArtifacts, loadPosterior, saveHandler, toArtifacts} from '../../../src/io/index.ts';
import {expectRejection} from '../../support/rejection.ts';

const saved = {
  kind: 'test',
  version: 1,
  config: {answer: 42, nested: {list: [1, null, 'x']}},
  arrays: {
    doubles: Float64Array.of(Math.PI, -0, 5e-324, Number.MAX_VALUE, 1 / 3),
    floats: Float32Array.of(0.1, -1),
    integers: Int32Array.of(-7, 2 ** 31 - 1),
  },
};

describe('saving posteriors', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-bayes-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  it('keeps every bit of every array, in memory and through a file', async () => {
    expect(fromArtifacts(toArtifacts(saved), 'test')).to.deep.equal(saved);
    const path = join(folder, 'posterior.bin');
    for (const target of [path, `file://${path}`]) {
      await saveHandler(target).save?.(toArtifacts(saved));
      const loaded = fromArtifacts((await file(path).load?.()) as tf.io.ModelArtifacts, 'test');
      expect(loaded).to.deep.equal(saved);
      expect(Object.is(loaded.arrays.doubles?.[1], -0)).to.equal(true);
    }
    expect(await readdir(folder)).to.deep.equal(['posterior.bin']);
  });

  it('refuses a file cut anywhere, a flipped byte, and other files', async () => {
    const path = join(folder, 'posterior.bin');
    await file(path).save?.(toArtifacts(saved));
    const whole = await readFile(path);
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [1]})]});
    for (const length of [0, 10, 30, 100, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      await expectRejection(loadPosterior(path, {model}), FormatError, /truncated|something else/);
    }
    const flipped = Buffer.from(whole);
    flipped[whole.length - 3] = (flipped[whole.length - 3] as number) ^ 1;
    await writeFile(path, flipped);
    await expectRejection(loadPosterior(path, {model}), FormatError, /checksum/);
    await writeFile(path, '{"modelTopology": {}}'.repeat(10));
    await expectRejection(loadPosterior(path, {model}), FormatError, /expected a posterior file/);
    await writeFile(path, whole);
    await expectRejection(loadPosterior(path, {model}), ConfigError, /tfjs-bayes\/test/);
    model.dispose();
  });

  it('leaves the old file and nothing else behind when writing fails', async () => {
    const path = join(folder, 'posterior.bin');
    await writeFile(path, 'old');
    const broken = {...toArtifacts(saved), modelTopology: {toJSON: () => fail()}};
    await expectRejection(file(path).save?.(broken) as Promise<unknown>, Error, /cannot be written/);
    expect(await readFile(path, 'utf8')).to.equal('old');
    const missing = join(folder, 'no', 'such', 'folder.bin');
    await expectRejection(file(missing).save?.(toArtifacts(saved)) as Promise<unknown>, Error, /ENOENT/);
    expect(await readdir(folder)).to.deep.equal(['posterior.bin']);
  });

  it('names the ways to save where a URL is unknown', () => {
    expect(() => saveHandler('gopher://x')).to.throw(ConfigError, /localstorage/);
  });

  it('carries a posterior and its model through files', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
    const x = tf.randomNormal([9, 2], 0, 1, 'float32', 1);
    const y = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2], 'int32');
    const posterior = await laplace(model, {priorPrecision: 3}).fit(x, y);
    const path = join(folder, 'laplace.bin');
    await posterior.save(path);
    const loaded = await loadPosterior(path, {model});
    const draw = async (p: typeof loaded): Promise<number[]> => {
      const outputs = await p.sampleOutputs(x, {samples: 2});
      const values = Array.from(await outputs.data());
      outputs.dispose();
      return values;
    };
    expect(await draw(loaded)).to.deep.equal(await draw(posterior));
    for (const used of [posterior, loaded, model, x, y]) used.dispose();
  });
});

function fail(): never {
  throw new Error('cannot be written');
}

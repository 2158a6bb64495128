import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
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
    await expectRejection(loadPosterior(path, {model}), ConfigError, /import 'tfjs-bayes\/test'/);
    await file(path).save?.(toArtifacts({...saved, kind: 'test/part'}));
    await expectRejection(loadPosterior(path, {model}), ConfigError, /'test\/part'. Add import 'tfjs-bayes\/test'/);
    model.dispose();
  });

  it('refuses a changed byte, whether in the header or in the arrays', async () => {
    const path = join(folder, 'posterior.bin');
    await file(path).save?.(toArtifacts(saved));
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] as number) ^ 1;
      await writeFile(path, damaged);
      const load = async () => fromArtifacts((await file(path).load?.()) as tf.io.ModelArtifacts, 'test');
      await expectRejection(load(), FormatError, /expected/);
    }
  });

  it('takes a header whose keys come back in another order', () => {
    const {modelTopology, ...rest} = toArtifacts(saved);
    const reversed = JSON.parse(JSON.stringify(modelTopology), (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(fromArtifacts({...rest, modelTopology: reversed}, 'test')).to.deep.equal(saved);
  });

  it('refuses a header whose parts are missing or unsound, before any array is made', () => {
    const whole = toArtifacts(saved);
    const entry = {name: 'a', type: 'float64', length: 1};
    const cases: Array<[RegExp, object]> = [
      [/sound kind/, {kind: undefined}],
      [/sound version/, {version: '1'}],
      [/sound config/, {config: null}],
      [/sound checksum/, {checksum: null}],
      [/sound kind, arrays/, {kind: 7, arrays: undefined}],
      ...[undefined, null, {}, 'x', [null], [7], [{}], [{...entry, name: 1}]].map((arrays): [RegExp, object] => [
        /sound arrays/,
        {arrays},
      ]),
      ...['float16', 'toString', '__proto__', undefined].map((type): [RegExp, object] => [
        /sound arrays/,
        {arrays: [{...entry, type}]},
      ]),
      ...[-1, 1.5, Number.NaN, 2 ** 60, '1', null].map((length): [RegExp, object] => [
        /sound arrays/,
        {arrays: [{...entry, length}]},
      ]),
      [/truncated/, {arrays: [{...entry, length: 2 ** 40}]}],
    ];
    for (const [words, change] of cases) {
      const damaged = {...whole, modelTopology: {...whole.modelTopology, ...change}};
      expect(() => fromArtifacts(damaged, 'test'), JSON.stringify(change)).to.throw(FormatError, words);
    }
    for (const modelTopology of [null, 7, 'x', []]) {
      expect(() => fromArtifacts({...whole, modelTopology} as tf.io.ModelArtifacts, 'test')).to.throw(FormatError);
    }
  });

  it('says what is wrong with a path, and with no model', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [1]})]});
    const path = join(folder, 'posterior.bin');
    await expectRejection(
      loadPosterior(path, {model}),
      ConfigError,
      /loadPosterior: .*posterior\.bin', got nothing there/,
    );
    const cause = await loadPosterior(path, {model}).catch((error: Error) => error.cause);
    expect(cause).to.include({code: 'ENOENT'});
    await expectRejection(loadPosterior(folder, {model}), ConfigError, /got a folder. Add the name/);
    await mkdir(join(folder, 'inner', 'deep'), {recursive: true});
    await expectRejection(save(join(folder, 'inner')), ConfigError, /^(?!.*\.tmp).*inner', got a folder. Add the name/);
    await save(path);
    await expectRejection(save(join(path, 'x.bin')), ConfigError, /goes through a file/);
    await expectRejection(loadPosterior(join(path, 'x.bin'), {model}), ConfigError, /goes through a file/);
    const withoutModel = loadPosterior as (source: string, context?: object) => Promise<unknown>;
    await expectRejection(withoutModel(path), ConfigError, /loadPosterior\(source, \{model\}\)/);
    await expectRejection(withoutModel(path, {}), ConfigError, /\{model\}/);
    expect(await readdir(folder)).to.have.members(['inner', 'posterior.bin']);
    model.dispose();
  });

  it('leaves the old file and nothing else behind when writing fails', async () => {
    const path = join(folder, 'posterior.bin');
    await writeFile(path, 'old');
    const broken = {...toArtifacts(saved), modelTopology: {toJSON: () => fail()}};
    await expectRejection(file(path).save?.(broken) as Promise<unknown>, Error, /cannot be written/);
    expect(await readFile(path, 'utf8')).to.equal('old');
    const missing = join(folder, 'no', 'such', 'folder.bin');
    await expectRejection(save(missing), ConfigError, /posterior\.save: .*folder that does not exist/);
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

/** Saves to a file; promises, where the handler's type does not. */
async function save(path: string): Promise<void> {
  await file(path).save?.(toArtifacts(saved));
}

function fail(): never {
  throw new Error('cannot be written');
}

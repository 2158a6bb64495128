import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../../laplace/index.ts';
import {writeNpz} from '../../../src/data/index.ts';
import {loadPosterior} from '../../../src/io/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {array, cli, temporaryFolder} from '../command.ts';

const initial = (seed: number) => tfl.initializers.glorotNormal({seed});

/** A small net of two inputs, as if it had been trained. */
function net(units: number, activation: 'softmax' | 'linear' | 'sigmoid'): tfl.LayersModel {
  const hidden = tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [2], kernelInitializer: initial(1)});
  return tfl.sequential({layers: [hidden, tfl.layers.dense({units, activation, kernelInitializer: initial(2)})]});
}

/** Saves a model as TensorFlow.js does in Node, its weights in two files. */
async function saveModel(model: tfl.LayersModel, folder: string): Promise<string> {
  await mkdir(folder);
  const save = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    const data = Buffer.from(artifacts.weightData as ArrayBuffer);
    const paths = ['a.bin', 'b.bin'];
    await writeFile(join(folder, 'a.bin'), data.subarray(0, 10));
    await writeFile(join(folder, 'b.bin'), data.subarray(10));
    const {modelTopology, format} = artifacts;
    const json = {modelTopology, format, weightsManifest: [{paths, weights: artifacts.weightSpecs}]};
    await writeFile(join(folder, 'model.json'), JSON.stringify(json));
    return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
  };
  await model.save(tf.io.withSaveHandler(save));
  return join(folder, 'model.json');
}

const rows = 40;
const inputs = createRng(3).normals(2 * rows);
const classOf = (i: number): number =>
  Number((inputs[2 * i] as number) > 0) + Number((inputs[2 * i + 1] as number) > 1);

describe('tfjs-bayes laplace', () => {
  const folder = temporaryFolder();
  const csv = (target: (i: number) => number, name = 'label'): string => {
    const lines = Array.from({length: rows}, (_, i) => [i, inputs[2 * i], target(i), inputs[2 * i + 1]].join(','));
    return `id,a,${name},b\n${lines.join('\n')}\n`;
  };

  it('fits, tunes and judges as the library does, and writes predictions and the posterior', async () => {
    const model = net(3, 'softmax');
    const path = await saveModel(model, join(folder.path, 'net'));
    const train = await folder.put('train.csv', csv(classOf));
    const [predictions, saved] = [join(folder.path, 'out.csv'), join(folder.path, 'posterior.bin')];
    const args = ['--model', path, '--train', train, '--test', train, '--ignore', 'id'];
    const {status, out, err} = await cli('laplace', ...args, '--predictions', predictions, '--save', saved, '--json');
    expect({status, err}).to.deep.equal({status: 0, err: ''});
    const printed = JSON.parse(out);
    const x = tf.tensor2d(Float32Array.from(inputs), [rows, 2]);
    const y = tf.tensor1d(
      Int32Array.from({length: rows}, (_, i) => classOf(i)),
      'int32',
    );
    const posterior = await laplace(model).fit(x, y);
    const {priorPrecision, logMarginalLikelihood} = await posterior.tune();
    closeTo([printed.priorPrecision, printed.logMarginalLikelihood], [priorPrecision, logMarginalLikelihood], {
      rtol: 1e-6,
    });
    expect(printed.evaluations.map(({name}: {name: string}) => name)).to.deep.equal(['model', 'laplace']);
    const judged = JSON.parse((await cli('evaluate', predictions, '--json')).out)[0];
    closeTo(judged.scores.negativeLogLikelihood, printed.evaluations[1].scores.negativeLogLikelihood, {rtol: 1e-5});
    const loaded = await loadPosterior(saved, {model});
    const [again, first] = [await loaded.predict(x), await posterior.predict(x)];
    if (again.kind !== 'categorical' || first.kind !== 'categorical') throw new Error(again.kind);
    closeTo(await again.probs.data(), await first.probs.data(), {rtol: 1e-5});
    const names = ['none', 'some', 'all'];
    const named = await folder.put(
      'named.csv',
      csv(classOf).replaceAll(/,([012]),/g, (_, k) => `,${names[Number(k)]},`),
    );
    const same = ['--model', path, '--train', named, '--test', named, '--ignore', 'id', '--classes', names.join()];
    expect(JSON.parse((await cli('laplace', ...same, '--json')).out)).to.deep.equal(printed);
    const text = (await cli('laplace', ...args)).out;
    expect(text)
      .to.match(/^Laplace \(last-layer, kron\) of 40 examples: prior precision/)
      .and.match(/Accuracy +\d/);
    tf.dispose([x, y]);
    for (const each of [again, first, loaded, posterior, model]) each.dispose();
  });

  it('knows regression, arrays of inputs, and a sigmoid', async () => {
    const line = await saveModel(net(1, 'linear'), join(folder.path, 'line'));
    const train = await folder.put(
      'train.csv',
      csv((i) => 2 * (inputs[2 * i] as number), 'target'),
    );
    const out = join(folder.path, 'out.csv');
    const args = ['--train', train, '--test', train, '--ignore', 'id', '--json'];
    const {
      status,
      out: printed,
      err,
    } = await cli(
      'laplace',
      '--model',
      line,
      ...args,
      '--likelihood',
      'regression',
      '--predictions',
      out,
      '--weights',
      'all',
    );
    expect(status, err).to.equal(0);
    expect(JSON.parse(printed).noiseScale).to.be.greaterThan(0);
    expect((await readFile(out, 'utf8')).split('\n')[0]).to.equal('mean,std,aleatoric_std,epistemic_std,target');
    expect((await cli('evaluate', out)).status).to.equal(0);
    const coin = await saveModel(net(1, 'sigmoid'), join(folder.path, 'coin'));
    const labels = Float64Array.from({length: rows}, (_, i) => Math.min(1, classOf(i)));
    const npz = await folder.put('data.npz', writeNpz({x: array(inputs, rows, 2), y: array(labels)}));
    const binary = await cli(
      'laplace',
      '--model',
      coin,
      '--train',
      npz,
      '--test',
      npz,
      '--predictions',
      out,
      '--tune',
      'none',
      '--prior-precision',
      '3',
      '--json',
    );
    expect(binary.status, binary.err).to.equal(0);
    expect(JSON.parse(binary.out).priorPrecision).to.equal(3);
    expect((await readFile(out, 'utf8')).split('\n')[0]).to.equal('p,aleatoric_entropy,epistemic_entropy,label');
    expect((await cli('evaluate', out)).status).to.equal(0);
  });

  it('writes the class of one-hot targets as the label', async () => {
    const path = await saveModel(net(3, 'softmax'), join(folder.path, 'hot'));
    const hot = Float64Array.from({length: rows * 3}, (_, at) => Number(classOf(Math.floor(at / 3)) === at % 3));
    const npz = await folder.put('hot.npz', writeNpz({x: array(inputs, rows, 2), y: array(hot, rows, 3)}));
    const out = join(folder.path, 'hot.csv');
    const {status, err} = await cli('laplace', '--model', path, '--train', npz, '--test', npz, '--predictions', out);
    expect(status, err).to.equal(0);
    const [header = '', ...lines] = (await readFile(out, 'utf8')).trim().split('\n');
    const at = header.split(',').indexOf('label');
    expect(lines.map((line) => Number(line.split(',')[at]))).to.deep.equal(
      Array.from({length: rows}, (_, i) => classOf(i)),
    );
  });

  it('takes a column x of single numbers as one input among others', async () => {
    const path = await saveModel(net(3, 'softmax'), join(folder.path, 'named'));
    const judged = async (name: string, ignored: string, first: string): Promise<unknown> => {
      const train = await folder.put(name, csv(classOf).replace('id,a,', `${ignored},${first},`));
      const args = ['--model', path, '--train', train, '--test', train, '--ignore', ignored, '--json'];
      const {status, out, err} = await cli('laplace', ...args);
      expect(status, err).to.equal(0);
      return JSON.parse(out);
    };
    const usual = await judged('usual.csv', 'id', 'a');
    expect(await judged('x.csv', 'id', 'x')).to.deep.equal(usual);
    expect(await judged('ignored.csv', 'x', 'a')).to.deep.equal(usual);
  });

  it('refuses a test set with other columns than the training set, or in another order', async () => {
    const path = await saveModel(net(3, 'softmax'), join(folder.path, 'order'));
    const train = await folder.put('train.csv', csv(classOf));
    for (const [header, got] of [
      ['id,b,label,a', 'b, a'],
      ['id,a,label,c', 'a, c'],
    ] as const) {
      const test = await folder.put('test.csv', csv(classOf).replace('id,a,label,b', header));
      const {status, err} = await cli('laplace', '--model', path, '--train', train, '--test', test, '--ignore', 'id');
      expect(status).to.equal(2);
      expect(err).to.match(
        new RegExp(`test\\.csv: expected the columns of the training set in their order, a, b, got ${got}\\.`),
      );
    }
  });

  it('says what is wrong with the model or the data', async () => {
    const path = await saveModel(net(3, 'softmax'), join(folder.path, 'net'));
    const train = await folder.put('train.csv', csv(classOf));
    const refuse = async (words: RegExp, ...args: string[]): Promise<void> => {
      const {status, out, err} = await cli('laplace', ...args);
      expect({status, out}, err).to.deep.equal({status: 2, out: ''});
      expect(err).to.match(words);
      expect(err.split('\n')).to.have.length(1);
    };
    const usual = ['--train', train, '--test', train];
    await refuse(/--model: expected a file, got none/, ...usual);
    await refuse(/--test FILE to judge on, or --save FILE/, '--model', path, '--train', train);
    await refuse(/none\.json: expected a file, got nothing/, '--model', join(folder.path, 'none.json'), ...usual);
    await refuse(/expected JSON, got text/, '--model', train, ...usual);
    await refuse(/\[2\], 2 numbers, as the model takes, got 3/, '--model', path, ...usual);
    await refuse(
      /column of labels or targets, got id, a, b/,
      '--model',
      path,
      '--train',
      await folder.put('bare.csv', 'id,a,b\n1,2,3\n'),
      '--test',
      train,
    );
    const high = await folder.put('high.csv', 'a,b,label\n1,2,7\n');
    await refuse(
      /label from 0 to 2, as the model has 3 classes, got 7 in row 0/,
      '--model',
      path,
      '--train',
      high,
      '--test',
      high,
    );
    await refuse(/--structure: expected kron, full/, '--model', path, ...usual, '--structure', 'dense');
    await refuse(/--weights: expected last-layer, all/, '--model', path, ...usual, '--weights', 'some');
    const json = await readFile(path, 'utf8');
    const beside = (name: string, text: string): Promise<string> => folder.put(join('net', name), text);
    await refuse(
      /graph model/,
      '--model',
      await beside('g.json', json.replace('layers-model', 'graph-model')),
      ...usual,
    );
    await refuse(
      /got another at weightsManifest/,
      '--model',
      await beside('w.json', json.replace('weightsManifest', 'w')),
      ...usual,
    );
    await refuse(
      /model that TensorFlow\.js can load/,
      '--model',
      await beside('t.json', json.replaceAll('"Dense"', '"Dance"')),
      ...usual,
    );
    const linear = await saveModel(net(3, 'linear'), join(folder.path, 'linear'));
    await refuse(/likelihood/, '--model', linear, ...usual, '--ignore', 'id');
    await rm(join(folder.path, 'net', 'b.bin'));
    await refuse(/b\.bin: expected a file, got nothing/, '--model', path, ...usual);
  });
});

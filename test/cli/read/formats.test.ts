import {join} from 'node:path';
import {expect} from 'chai';
import {parquetWriteBuffer} from 'hyparquet-writer';
import type {Predictions} from '../../../cli/read/predictions.ts';
import {type ReadOptions, readLabelled, readPredictions} from '../../../cli/read/read-predictions.ts';
import {writeNpy, writeNpz} from '../../../src/data/index.ts';
import {closeTo} from '../../support/close.ts';
import {array, temporaryFolder} from '../command.ts';

const probs = [0.75, 0.25, 0.5, 0.5, 0.125, 0.875];
const labels = [0, 1, 1];

describe('files of predictions', () => {
  const folder = temporaryFolder();
  const read = async (name: string, content: string | Uint8Array, options: ReadOptions = {}): Promise<Predictions> =>
    readLabelled(await folder.put(name, content), options);
  const expectClasses = (predictions: Predictions): void => {
    if (predictions.kind !== 'classification') throw new Error(predictions.kind);
    expect(predictions.probs.shape).to.deep.equal([3, 2]);
    closeTo(Array.from(predictions.probs.data), probs, {rtol: 1e-12});
    expect(Array.from(predictions.truth ?? [])).to.deep.equal(labels);
  };

  it('say the same in CSV, JSON, NPZ, NPY and Parquet', async () => {
    const rows = labels.map((label, i) => ({p0: probs[2 * i] as number, p1: probs[2 * i + 1] as number, label}));
    const csv = ['p0,p1,label', ...rows.map(({p0, p1, label}) => `${p0},${p1},${label}`)].join('\n');
    expectClasses(await read('a.csv', csv));
    expectClasses(await read('b.csv', `\uFEFF"p0","p1",label\r\n${csv.split('\n').slice(1).join('\r\n\r\n')}`));
    expectClasses(await read('c.csv', csv.replaceAll('\n', '\r')));
    expectClasses(await read('rows.json', JSON.stringify(rows)));
    const nested = labels.map((_, i) => probs.slice(2 * i, 2 * i + 2));
    expectClasses(await read('columns.json', JSON.stringify({probs: nested, labels})));
    expectClasses(await read('nested.json', JSON.stringify(nested.map((row, i) => ({probs: row, label: labels[i]})))));
    expectClasses(await read('a.npz', writeNpz({probs: array(probs, 3, 2), labels: array([1, 0, 0, 1, 0, 1], 3, 2)})));
    const path = await folder.put('a.npy', writeNpy({data: Float32Array.from(probs), shape: [3, 2]}));
    expectClasses(await readLabelled(path, {truths: Float64Array.from(labels)}));
    const column = (name: 'p0' | 'p1', type: 'DOUBLE' | 'FLOAT') => ({name, data: rows.map((row) => row[name]), type});
    const label = {name: 'label', data: labels.map(BigInt), type: 'INT64' as const};
    const flat = parquetWriteBuffer({
      columnData: [column('p0', 'DOUBLE'), column('p1', 'FLOAT'), label],
      rowGroupSize: 2,
    });
    expectClasses(await read('a.parquet', new Uint8Array(flat)));
    const lists = [{name: 'probs', data: nested}, label];
    expectClasses(
      await read('b.parquet', new Uint8Array(parquetWriteBuffer({columnData: lists, codec: 'UNCOMPRESSED'}))),
    );
  });

  it('hold logits, members, one probability, or classes by name', async () => {
    const logits = probs
      .map((p) => Math.log(p) + 3)
      .join(',')
      .split(',');
    const lines = (header: string) =>
      [header, ...labels.map((y, i) => `${logits[2 * i]},${logits[2 * i + 1]},${y}`)].join('\n');
    expectClasses(await read('a.csv', lines('logit0,logit1,label')));
    expectClasses(await read('b.csv', lines('p0,p1,label'), {scale: 'logits'}));
    expectClasses(await read('p.csv', 'p,label\n0.25,0\n0.5,1\n0.875,1\n'));
    const named = 'id,dog,truth,cat\na,0.25,cat,0.75\n,0.5,dog,0.5\n9,0.875,dog,0.125\n';
    expectClasses(await read('named.csv', named, {classes: ['cat', 'dog'], truth: 'truth', ignore: ['id']}));
    const members = 'm0_p0,m0_p1,m1_p0,m1_p1,label\n1,0,0.5,0.5,0\n0.25,0.75,0.75,0.25,1\n0,1,0.25,0.75,1\n';
    const ensemble = await read('m.csv', members);
    expectClasses(ensemble);
    const stacked = array([1, 0, 0.25, 0.75, 0, 1, 0.5, 0.5, 0.75, 0.25, 0.25, 0.75], 2, 3, 2);
    const same = await read('m.npz', writeNpz({member_probs: stacked, labels: array(labels)}));
    expectClasses(same);
    const of = (file: Predictions) => (file.kind === 'classification' ? file.members : undefined);
    expect(of(same)).to.deep.equal(of(ensemble));
    expect(of(same)?.shape).to.deep.equal([2, 3, 2]);
  });

  it('hold numbers: Gaussian, mixtures, draws, quantiles and intervals', async () => {
    const table = {m0_mean: [1, 2], m0_std: [1, 1], m1_mean: [3, 4], m1_std: [2, 2], target: [1, 5]};
    const csv = (columns: {[name: string]: number[]}): string =>
      [
        Object.keys(columns).join(),
        ...[0, 1].map((i) =>
          Object.values(columns)
            .map((c) => c[i])
            .join(),
        ),
      ].join('\n');
    const mixture = await read('m.csv', csv(table));
    if (mixture.kind !== 'mixture') throw new Error(mixture.kind);
    expect(mixture.means).to.deep.equal({data: Float64Array.of(1, 2, 3, 4), shape: [2, 2]});
    expect(mixture.stds).to.deep.equal({data: Float64Array.of(1, 1, 2, 2), shape: [2, 2]});
    const draws = await read('d.npz', writeNpz({samples: array([1, 2, 3, 4, 5, 6], 3, 2), target: array([1, 2])}));
    if (draws.kind !== 'draws') throw new Error(draws.kind);
    expect(draws.draws).to.deep.equal({data: Float64Array.of(1, 3, 5, 2, 4, 6), shape: [2, 3]});
    const quantiles = await read('q.csv', csv({'q0.9': [3, 4], 'q.1': [1, 2], target: [2, 2]}));
    if (quantiles.kind !== 'quantiles') throw new Error(quantiles.kind);
    expect(quantiles.levels).to.deep.equal([0.1, 0.9]);
    expect(quantiles.quantiles.data).to.deep.equal(Float64Array.of(1, 3, 2, 4));
    const intervals = await read('i.csv', csv({lower: [1, 2], upper: [3, 4], target: [2, 2]}), {level: 0.8});
    expect(intervals).to.deep.include({kind: 'quantiles', quantiles: quantiles.quantiles});
    const given = {quantiles: array([1, 3, 2, 4], 2, 2), levels: array([0.1, 0.9]), target: array([2, 2])};
    expect(await read('q.npz', writeNpz(given))).to.deep.include({levels: [0.1, 0.9], quantiles: quantiles.quantiles});
    const named = await read('g.csv', csv({mu: [1, 2], sigma: [1, 1], y: [1, 2]}), {
      mean: 'mu',
      std: 'sigma',
      truth: 'y',
    });
    expect(named.kind).to.equal('regression');
  });

  it('come in batches that say where their rows stand, and as one', async () => {
    const count = 70_000;
    const lines = Array.from({length: count}, (_, i) => `${(i % 10) / 16},${1 - (i % 10) / 16},${i % 2}`);
    lines[65_000] = '\n0.5,"0.5",1';
    const path = await folder.put('long.csv', `p0,p1,label\n${lines.join('\n')}\n`);
    const predictions = await readPredictions(path, {}, true);
    if (predictions.kind !== 'classification') throw new Error(predictions.kind);
    expect(predictions.rows).to.equal(count);
    expect(predictions.probs.data.length).to.equal(2 * count);
    for (const row of [0, 1, 64_999, 65_001, count - 1]) {
      expect(predictions.probs.data[2 * row]).to.equal((row % 10) / 16);
      expect(predictions.truth?.[row]).to.equal(row % 2);
    }
    expect(predictions.where(64_999)).to.equal('line 65001');
    expect(predictions.where(65_000)).to.equal('line 65003');
    expect(predictions.where(count - 1)).to.equal(`line ${count + 2}`);
    lines[69_000] = '0.5,0.6,1';
    const bad = await folder.put('bad.csv', `p0,p1,label\n${lines.join('\n')}\n`);
    const error = await readPredictions(bad, {}, true).catch(String);
    expect(error).to.match(/1\.1 on line 69003/);
    const data = Float32Array.from({length: 1_200_000}, (_, i) => (i % 2 === 0 ? 0.25 : 0.75));
    const npy = await folder.put('long.npy', writeNpy({data, shape: [600_000, 2]}));
    const all = await readPredictions(npy, {}, false);
    expect(all.rows).to.equal(600_000);
    expect(all.where(599_999)).to.equal('row 599999');
    expect(join(folder.path, 'long.npy')).to.equal(npy);
  });
});

import {expect} from 'chai';
import {batches, takeRows, trainTestSplit} from '../../../src/data/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';

const data = {
  x: Float32Array.from({length: 40}, (_, i) => i),
  y: Int32Array.from({length: 20}, (_, i) => (i < 5 ? 1 : 0)),
  rows: 20,
  features: 2,
};

describe('trainTestSplit', () => {
  it('puts each row into exactly one part and keeps inputs and targets together', () => {
    const {train, test, trainIndices, testIndices} = trainTestSplit(data, {testShare: 0.3, rng: createRng(4)});
    expect([...trainIndices, ...testIndices].sort((a, b) => a - b)).to.deep.equal(
      Array.from({length: 20}, (_, i) => i),
    );
    expect([train.rows, test.rows]).to.deep.equal([14, 6]);
    for (const [part, indices] of [
      [train, trainIndices],
      [test, testIndices],
    ] as const) {
      expect([...part.x]).to.deep.equal([...indices].flatMap((row) => [2 * row, 2 * row + 1]));
      expect([...part.y]).to.deep.equal([...indices].map((row) => data.y[row]));
    }
    expect(train.y).to.be.instanceOf(Int32Array);
  });

  it('shuffles by the seed alone', () => {
    const indices = (seed: number): number[] => [...trainTestSplit(data, {rng: createRng(seed)}).testIndices];
    expect(indices(1)).to.deep.equal(indices(1));
    expect(indices(1)).to.not.deep.equal(indices(2));
    expect([...trainTestSplit(data, {rng: createRng(1)}).trainIndices]).to.not.deep.equal(
      [...trainTestSplit(data, {rng: createRng(1)}).trainIndices].sort((a, b) => a - b),
    );
  });

  it('keeps the share of each label when stratified', () => {
    for (let seed = 0; seed < 5; seed++) {
      const {test} = trainTestSplit(data, {testShare: 0.4, stratify: true, rng: createRng(seed)});
      expect(test.rows).to.equal(8);
      expect(test.y.reduce((sum, label) => sum + label, 0)).to.equal(2);
    }
  });

  it('refuses empty parts and arrays that do not fit', () => {
    for (const testShare of [0, 1, Number.NaN]) {
      expect(() => trainTestSplit(data, {testShare})).to.throw(ConfigError, /testShare/);
    }
    expect(() => trainTestSplit({...data, rows: 19})).to.throw(ShapeError, /19 x 2/);
  });
});

describe('batches', () => {
  it('covers every row once, the rest in a smaller last batch', () => {
    expect([...batches(7, {batchSize: 3})].map((batch) => [...batch])).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
    const shuffled = [...batches(100, {rng: createRng(3)})];
    expect(shuffled.map((batch) => batch.length)).to.deep.equal([32, 32, 32, 4]);
    const rows = shuffled.flatMap((batch) => [...batch]);
    expect(rows).to.not.deep.equal([...rows].sort((a, b) => a - b));
    expect(new Set(rows).size).to.equal(100);
    expect([...batches(0)]).to.deep.equal([]);
    expect(() => batches(7, {batchSize: 0})).to.throw(ConfigError, /positive integer, got 0/);
  });
});

describe('takeRows', () => {
  it('copies rows in the order asked for and keeps the type', () => {
    expect(takeRows(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, [2, 0, 2])).to.deep.equal(Uint8Array.of(5, 6, 1, 2, 5, 6));
    expect(() => takeRows(Float32Array.of(1, 2), 1, [2])).to.throw(DataError, /0 to 1, got 2/);
    expect(() => takeRows(Float32Array.of(1, 2, 3), 2, [0])).to.throw(ShapeError, /multiple of 2/);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  createFamily,
  mopedScale,
  registerFamily,
  resolveFamily,
  signalToNoise,
} from '../../../../layers/variational/families/index.ts';
import {ConfigError, ShapeError} from '../../../../src/errors.ts';
import {closeTo} from '../../../support/close.ts';
import {disposeFamily, familyAt, numbers} from './support.ts';

describe('createFamily', () => {
  it('builds the same family from its config through JSON', async () => {
    for (const config of [
      {kind: 'low-rank', rank: 2},
      {kind: 'rank-1', factorScale: 0.3},
      {kind: 'radial', floor: 1e-3},
    ]) {
      const resolved = resolveFamily(config, 'test');
      expect(JSON.parse(JSON.stringify(resolved))).to.deep.equal(config);
      const families = [config, JSON.parse(JSON.stringify(resolved))].map((choice) =>
        familyAt(choice, [2, 3], [1, 2, 3, 4, 5, 6], 0.2),
      );
      const [first, second] = await Promise.all(
        families.map(({variables}) => Promise.all(variables.map(async (v) => [v.shape, await v.read().data()]))),
      );
      expect(second).to.deep.equal(first);
      families.forEach(disposeFamily);
    }
    expect(resolveFamily('full', 'test')).to.deep.equal({kind: 'full'});
  });

  it('keeps the rank of a low-rank factor to the number of weights', () => {
    const family = familyAt({kind: 'low-rank', rank: 9}, [2], [0, 0], 0.1);
    expect(family.variables[2]?.shape).to.deep.equal([2, 2]);
    disposeFamily(family);
  });

  it('starts a matrix-normal at scales that are products', async () => {
    const scales = [0.1, 0.2, 0.4, 0.3, 0.6, 1.2];
    const family = familyAt('matrix-normal', [2, 3], [0, 0, 0, 0, 0, 0], scales);
    closeTo(
      await numbers(family.variance()),
      scales.map((scale) => scale ** 2),
      {rtol: 1e-5},
    );
    disposeFamily(family);
  });

  it('knows a family that was registered, and keeps the built-in ones', () => {
    const point = familyAt('deterministic', [1], [3], 1);
    registerFamily('test-point', () => point);
    expect(familyAt('test-point', [1], [0], 1)).to.equal(point);
    expect(() => registerFamily('full', () => point)).to.throw(ConfigError, 'built in');
    disposeFamily(point);
  });

  it('refuses what it cannot build, by name', () => {
    const build =
      (...args: Parameters<typeof familyAt>) =>
      () =>
        familyAt(...args);
    expect(build('flow', [1], [0], 1)).to.throw(ConfigError, /createFamily: .*'mean-field'.*got 'flow'/);
    expect(() => resolveFamily('flow', 'bayesDense')).to.throw(ConfigError, 'bayesDense');
    expect(build('mean-field', [1], [0], 0)).to.throw(ConfigError, 'scale above 0');
    expect(build({kind: 'mean-field', floor: -1}, [1], [0], 1)).to.throw(ConfigError, 'floor');
    expect(build({kind: 'low-rank', rank: 0.5}, [1], [0], 1)).to.throw(ConfigError, 'rank');
    expect(build({kind: 'rank-1', factorScale: 0}, [1], [0], 1)).to.throw(ConfigError, 'factorScale');
    expect(build({kind: 'low-rank', ranks: 2}, [1], [0], 1)).to.throw(ConfigError, /'floor', 'rank'.*got 'ranks'/);
    expect(() => resolveFamily({kind: 'mean-field', rank: 2}, 'bayesDense')).to.throw(
      ConfigError,
      /bayesDense.*'rank'/,
    );
    expect(build('full', [2049], new Array(2049).fill(0), 1)).to.throw(ShapeError, /2048 weights.*'full'.*2049/);
    expect(build('matrix-normal', [2049, 1], new Array(2049).fill(0), 1)).to.throw(ShapeError, "'matrix-normal'");
    const start = {mean: tf.zeros([2]), scale: 1};
    expect(() => createFamily('mean-field', [3], () => expect.fail(), start)).to.throw(ShapeError, '[3]');
    start.mean.dispose();
  });
});

describe('mopedScale', () => {
  it('is delta |w| with a floor', async () => {
    const w = tf.tensor([2, -0.5, 0]);
    closeTo(await numbers(mopedScale(w, {delta: 0.2, floor: 0.01})), [0.4, 0.1, 0.01], {rtol: 1e-6});
    closeTo(await numbers(mopedScale(w)), [0.2, 0.05, 1e-3], {rtol: 1e-6});
    expect(() => mopedScale(w, {delta: 0})).to.throw(ConfigError, 'moped');
    w.dispose();
  });
});

describe('signalToNoise', () => {
  it('is |mean| over the standard deviation', async () => {
    const family = familyAt('mean-field', [3], [1, -0.5, 0], [0.1, 2, 1]);
    closeTo(await numbers(signalToNoise(family)), [10, 0.25, 0], {rtol: 1e-5});
    disposeFamily(family);
  });

  it('is infinite for a point that is not 0', async () => {
    const family = familyAt('deterministic', [2], [1, 0], 1);
    expect(await numbers(signalToNoise(family))).to.deep.equal([Infinity, 0]);
    disposeFamily(family);
  });
});

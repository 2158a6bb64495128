import {expect} from 'chai';
import fc from 'fast-check';
import {xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {initialState, rootKey} from '../../../src/random/key.ts';
import {fillUniforms, nextUint32} from '../../../src/random/xoroshiro.ts';
import golden from './fixtures/golden.json' with {type: 'json'};

/** Correlation of two samples times sqrt(n): a standard normal where they are independent. */
function correlationScore(a: Float64Array, b: Float64Array): number {
  const mean = (v: Float64Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [saa, sbb, sab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [(a[i] as number) - ma, (b[i] as number) - mb];
    saa += da * da;
    sbb += db * db;
    sab += da * db;
  }
  return (sab / Math.sqrt(saa * sbb)) * Math.sqrt(a.length);
}

describe('createRng', () => {
  it('fills an array that it is given with the same normals, and refuses one of another length', () => {
    const out = new Float64Array(1000);
    expect(createRng(5).normals(1000, out)).to.equal(out);
    expect(out).to.deep.equal(createRng(5).normals(1000));
    expect(() => createRng(5).normals(3, out)).to.throw(ConfigError, /3 numbers, got 1000/);
  });

  it('gives the numbers that it always gave', () => {
    for (const {seed, path, skipped, normals, uniforms, permutation} of golden.streams) {
      const rng = (path as Array<string | number>).reduce((r, tag) => r.fork(tag), createRng(seed));
      rng.normals(skipped);
      expect(Array.from(rng.normals(normals.length))).to.deep.equal(normals);
      expect(Array.from(rng.uniforms(uniforms.length))).to.deep.equal(uniforms);
      expect(Array.from(rng.permutation(permutation.length))).to.deep.equal(permutation);
    }
  });

  it('steps as the xoroshiro128+ of pure-rand does', () => {
    const start = initialState(rootKey('oracle'));
    const oracle = xoroshiro128plusFromState(Array.from(start));
    const state = start.slice();
    const filled = start.slice();
    const uniform = new Float64Array(1);
    for (let i = 0; i < 1000; i++) {
      const [h0, l0, h1, l1] = Array.from(state, (w) => BigInt(w >>> 0)) as [bigint, bigint, bigint, bigint];
      const output = BigInt.asUintN(64, (h0 << 32n) + l0 + (h1 << 32n) + l1);
      expect(oracle.next() >>> 0).to.equal(Number(output & 0xffffffffn));
      expect(nextUint32(state)).to.equal(Number(output >> 32n));
      fillUniforms(filled, uniform);
      expect(uniform[0]).to.equal(Number(output >> 11n) / 2 ** 53);
      expect(Array.from(state)).to.deep.equal(oracle.getState().map((w) => w | 0));
      expect(Array.from(filled)).to.deep.equal(Array.from(state));
    }
  });

  it('draws uniforms with the moments and bins of a uniform', () => {
    const n = 500000;
    const u = createRng(7).uniforms(n);
    const bins = new Float64Array(256);
    let [sum, squares, outside] = [0, 0, 0];
    for (const x of u) {
      if (x < 0 || x >= 1) outside++;
      sum += x - 0.5;
      squares += (x - 0.5) ** 2;
      bins[Math.floor(x * 256)] = (bins[Math.floor(x * 256)] as number) + 1;
    }
    expect(outside).to.equal(0);
    expect(Math.abs(sum / n)).to.be.below(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(squares / n - 1 / 12)).to.be.below(5 * Math.sqrt(1 / 180 / n));
    const chi2 = bins.reduce((s, count) => s + (count - n / 256) ** 2 / (n / 256), 0);
    expect(Math.abs(chi2 - 255)).to.be.below(4 * Math.sqrt(2 * 255));
    expect(u.some((x) => (x * 2 ** 53) % 2 === 1)).to.equal(true);
  });

  it('gives forks that depend on seed and tags alone', () => {
    const fresh = createRng(3);
    const used = createRng(3);
    used.normals(1001);
    used.permutation(17);
    used.fork('other').uniforms(5);
    expect(used.fork('a').normals(4)).to.deep.equal(fresh.fork('a').normals(4));
    expect(used.fork('a').fork(2).normals(4)).to.deep.equal(fresh.fork('a').fork(2).normals(4));
  });

  it('tells apart seeds and tags that look alike', () => {
    const root = createRng(1);
    const streams = [
      root,
      createRng('1'),
      createRng(-1),
      createRng(1.5),
      createRng(2 ** 32 + 1),
      createRng(''),
      root.fork(1),
      root.fork('1'),
      root.fork('ab'),
      root.fork('ba'),
      root.fork('a').fork('b'),
      root.fork('b').fork('a'),
      root.fork(''),
      root.fork('\0'),
      root.fork('\0\0'),
      root.fork(1).fork(1),
    ];
    const firsts = streams.map((rng) => rng.uniforms(1)[0]);
    expect(new Set(firsts).size).to.equal(streams.length);
    expect(createRng(0).uniforms(1)).to.deep.equal(createRng(-0).uniforms(1));
  });

  it('changes half of the state bits when one bit of a seed or tag changes', () => {
    let flipped = 0;
    const trials = 2000;
    for (let i = 0; i < trials; i++) {
      const a = initialState(rootKey(i));
      const b = initialState(rootKey(i ^ (1 << (i % 31))));
      for (let w = 0; w < 4; w++) {
        for (let x = (a[w] as number) ^ (b[w] as number); x !== 0; x &= x - 1) flipped++;
      }
    }
    expect(Math.abs(flipped / trials - 64)).to.be.below(5 * Math.sqrt(32 / trials));
  });

  it('gives forks without correlation to each other, to their parent, or shifted', () => {
    const n = 20000;
    const root = createRng(11);
    const streams = [root.normals(n), ...Array.from({length: 12}, (_, tag) => root.fork(tag).normals(n))];
    let worst = 0;
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j <= i; j++) {
        const [a, b] = [streams[i] as Float64Array, streams[j] as Float64Array];
        if (i !== j) worst = Math.max(worst, Math.abs(correlationScore(a, b)));
        worst = Math.max(worst, Math.abs(correlationScore(a.subarray(1), b.subarray(0, n - 1))));
      }
    }
    expect(worst).to.be.below(5);
  });

  it('draws first numbers of many forks as one uniform stream', () => {
    const root = createRng('members');
    const n = 20000;
    const firsts = Float64Array.from({length: n}, (_, tag) => root.fork(tag).uniforms(1)[0] as number).sort();
    let distance = 0;
    for (let i = 0; i < n; i++) distance = Math.max(distance, Math.abs((firsts[i] as number) - (i + 0.5) / n));
    expect(distance * Math.sqrt(n)).to.be.below(1.95);
  });

  it('continues exactly from a saved state, forks included', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), fc.nat(300), fc.nat(50), (seed, drawn, n) => {
        const rng = createRng(seed);
        rng.normals(drawn);
        const state = rng.getState();
        const restored = createRng({state});
        expect(restored.normals(n)).to.deep.equal(rng.normals(n));
        expect(restored.uniforms(n)).to.deep.equal(rng.uniforms(n));
        expect(restored.permutation(n)).to.deep.equal(rng.permutation(n));
        expect(restored.fork('x').normals(3)).to.deep.equal(createRng(seed).fork('x').normals(3));
        expect(restored.getState()).to.deep.equal(rng.getState());
        expect(createRng({state}).normals(1)).to.deep.equal(createRng({state}).normals(1));
      }),
      {seed: 1, numRuns: 50},
    );
  });

  it('gives the same numbers in one call as in several', () => {
    const [a, b] = [createRng(5), createRng(5)];
    const parts = [a.normals(700), a.normals(0), a.normals(300), a.uniforms(3)];
    expect(parts.flatMap((part) => Array.from(part))).to.deep.equal([...b.normals(1000), ...b.uniforms(3)]);
  });

  it('permutes without bias', () => {
    const rng = createRng(9);
    const counts = new Map<string, number>();
    const trials = 24000;
    for (let t = 0; t < trials; t++) {
      const key = rng.permutation(4).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).to.equal(24);
    const chi2 = [...counts.values()].reduce((s, c) => s + (c - trials / 24) ** 2 / (trials / 24), 0);
    expect(chi2).to.be.below(49.7);
    expect(Array.from(rng.permutation(1000).sort())).to.deep.equal(Array.from({length: 1000}, (_, i) => i));
    expect(rng.permutation(0).length).to.equal(0);
    expect(Array.from(rng.permutation(1))).to.deep.equal([0]);
  });

  it('refuses what is no seed, tag, state or count', () => {
    expect(() => createRng(Number.NaN)).to.throw(ConfigError, 'createRng: expected seed');
    expect(() => createRng(undefined as unknown as number)).to.throw(ConfigError, 'undefined');
    expect(() => createRng({state: new Int32Array(8)})).to.throw(ConfigError, 'getState');
    expect(() => createRng({state: new Int32Array(3)})).to.throw(ConfigError, 'getState');
    expect(() => createRng({state: [1, 2] as unknown as Int32Array})).to.throw(ConfigError, 'getState');
    expect(() => createRng(1).fork(Number.POSITIVE_INFINITY)).to.throw(ConfigError, 'fork: expected tag');
    expect(() => createRng(1).normals(-1)).to.throw(ConfigError, 'normals: expected a count');
    expect(() => createRng(1).uniforms(1.5)).to.throw(ConfigError, 'uniforms: expected a count');
    expect(() => createRng(1).permutation(Number.NaN)).to.throw(ConfigError, 'permutation: expected a count');
  });
});

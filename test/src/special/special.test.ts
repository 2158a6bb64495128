import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import fc from 'fast-check';
import * as special from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';

type Row = [number[], number];
const fixtures = JSON.parse(readFileSync(new URL('./fixtures/special.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, Row[]>
>;

const functions: Record<string, (...x: number[]) => number> = {
  erf: special.erf,
  erfc: special.erfc,
  erfcx: special.erfcx,
  normalPdf: special.normalPdf,
  normalCdf: special.normalCdf,
  logNormalCdf: special.logNormalCdf,
  normalQuantile: special.normalQuantile,
  lgamma: special.lgamma,
  digamma: special.digamma,
  trigamma: special.trigamma,
  betainc: special.betainc,
  studentTPdf: special.studentTPdf,
  studentTCdf: special.studentTCdf,
  studentTQuantile: special.studentTQuantile,
};

describe('special functions against mpmath, 1e-12 relative', () => {
  for (const [name, domains] of Object.entries(fixtures)) {
    const negative = name.endsWith('Negative');
    const f = functions[name.replace('Negative', '')];
    for (const [domain, rows] of Object.entries(domains)) {
      it(`${name}, ${domain} (${rows.length} values)`, () => {
        if (f === undefined) throw new Error(`no function for ${name}`);
        const actual = rows.map(([x]) => f(...x));
        closeTo(
          actual,
          rows.map(([, y]) => y),
          {rtol: 1e-12, atol: negative ? 1e-12 : 0},
        );
      });
    }
  }
});

describe('special functions at the ends of their domains', () => {
  const table: Array<[string, number[], number]> = [
    ['erf', [0], 0],
    ['erf', [-0], -0],
    ['erf', [Infinity], 1],
    ['erf', [-Infinity], -1],
    ['erf', [Number.NaN], Number.NaN],
    ['erfc', [0], 1],
    ['erfc', [Infinity], 0],
    ['erfc', [-Infinity], 2],
    ['erfc', [Number.NaN], Number.NaN],
    ['erfcx', [0], 1],
    ['erfcx', [Infinity], 0],
    ['erfcx', [-30], Infinity],
    ['erfcx', [Number.NaN], Number.NaN],
    ['normalPdf', [Infinity], 0],
    ['normalPdf', [Number.NaN], Number.NaN],
    ['normalCdf', [0], 0.5],
    ['normalCdf', [-Infinity], 0],
    ['normalCdf', [Infinity], 1],
    ['normalCdf', [Number.NaN], Number.NaN],
    ['logNormalCdf', [-Infinity], -Infinity],
    ['logNormalCdf', [Infinity], -0],
    ['logNormalCdf', [Number.NaN], Number.NaN],
    ['normalQuantile', [0], -Infinity],
    ['normalQuantile', [1], Infinity],
    ['normalQuantile', [0.5], 0],
    ['normalQuantile', [-0.1], Number.NaN],
    ['normalQuantile', [1.1], Number.NaN],
    ['normalQuantile', [Number.NaN], Number.NaN],
    ['lgamma', [0], Infinity],
    ['lgamma', [-3], Infinity],
    ['lgamma', [Infinity], Infinity],
    ['lgamma', [Number.NaN], Number.NaN],
    ['digamma', [0], Number.NaN],
    ['digamma', [-2], Number.NaN],
    ['digamma', [Infinity], Infinity],
    ['digamma', [Number.NaN], Number.NaN],
    ['trigamma', [0], Infinity],
    ['trigamma', [Infinity], 0],
    ['trigamma', [Number.NaN], Number.NaN],
    ['betainc', [2, 3, 0], 0],
    ['betainc', [2, 3, 1], 1],
    ['betainc', [2, 3, 1.5], Number.NaN],
    ['betainc', [-2, 3, 0.5], Number.NaN],
    ['studentTPdf', [Infinity, 3], 0],
    ['studentTPdf', [0, 0], Number.NaN],
    ['studentTCdf', [0, 3], 0.5],
    ['studentTCdf', [-Infinity, 3], 0],
    ['studentTCdf', [Infinity, 3], 1],
    ['studentTCdf', [1, -1], Number.NaN],
    ['studentTCdf', [Number.NaN, 2], Number.NaN],
    ['studentTCdf', [-1.3, Infinity], special.normalCdf(-1.3)],
    ['studentTQuantile', [0, 3], -Infinity],
    ['studentTQuantile', [1, 3], Infinity],
    ['studentTQuantile', [0.5, 3], 0],
    ['studentTQuantile', [1.5, 3], Number.NaN],
    ['studentTQuantile', [1e-300, 0.5], -Infinity],
    ['studentTQuantile', [0.9, Infinity], special.normalQuantile(0.9)],
  ];
  for (const [name, x, y] of table) {
    it(`${name}(${x.map((v) => (Object.is(v, -0) ? '-0' : v)).join(', ')}) is ${Object.is(y, -0) ? '-0' : y}`, () => {
      expect(Object.is(functions[name]?.(...x), y), `got ${functions[name]?.(...x)}`).to.equal(true);
    });
  }

  it('logNormalCdf falls to -Infinity without NaN', () => {
    expect(special.logNormalCdf(-1e200)).to.equal(-Infinity);
  });
});

describe('identities of special functions', () => {
  const seeded = {seed: 7, numRuns: 300};
  const real = (min: number, max: number) => fc.double({min, max, noNaN: true});

  it('normalQuantile inverts normalCdf in the lower tail', () => {
    fc.assert(
      // The relative condition number of the inverse is about 1/x^2 in the tail and large nowhere.
      fc.property(real(-37, -0.5), (x) => closeTo(special.normalQuantile(special.normalCdf(x)), x, {rtol: 1e-13})),
      seeded,
    );
  });

  it('studentTQuantile inverts studentTCdf', () => {
    fc.assert(
      fc.property(real(-12, -0.3), real(0.4, 200), (t, df) =>
        closeTo(special.studentTQuantile(special.studentTCdf(t, df), df), t, {rtol: 1e-12}),
      ),
      seeded,
    );
  });

  it('betainc(a, b, x) + betainc(b, a, 1 - x) = 1', () => {
    fc.assert(
      fc.property(real(0.05, 500), real(0.05, 500), real(0.01, 0.99), (a, b, x) =>
        closeTo(special.betainc(a, b, x) + special.betainc(b, a, 1 - x, x), 1, {rtol: 1e-13}),
      ),
      seeded,
    );
  });

  it('studentTCdf at ten thousand million degrees of freedom is the normal one', () => {
    for (const t of [-20, -5, -1, -0.01]) {
      // The leading correction is (t^3 + t) phi(t) / (4 df), some t^4 / (4 df) of the tail.
      closeTo(special.studentTCdf(t, 1e10), special.normalCdf(t), {rtol: (1 + t ** 4) / 1e10});
    }
  });
});

describe('logSumExp', () => {
  it('neither overflows nor underflows', () => {
    closeTo(special.logSumExp([1000, 1000]), 1000 + Math.LN2);
    closeTo(special.logSumExp(Float64Array.of(-1000, -1001, -999)), -999 + Math.log(1 + Math.exp(-1) + Math.exp(-2)));
  });

  it('keeps infinities, NaN and the empty sum', () => {
    expect(special.logSumExp([])).to.equal(-Infinity);
    expect(special.logSumExp([-Infinity, -Infinity])).to.equal(-Infinity);
    expect(special.logSumExp([-Infinity, 2])).to.equal(2);
    expect(special.logSumExp([Infinity, 2])).to.equal(Infinity);
    expect(special.logSumExp([Number.NaN, 2])).to.be.NaN;
  });
});

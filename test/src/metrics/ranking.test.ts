import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  areaUnderGeneralizedRiskCoverage,
  areaUnderRiskCoverage,
  auroc,
  averagePrecision,
  excessAreaUnderRiskCoverage,
  fprAtTpr,
  riskCoverageCurve,
  topLabel,
} from '../../../src/metrics/index.ts';
import {ascendingOrder} from '../../../src/metrics/order.ts';
import {closeTo} from '../../support/close.ts';
import {F8} from './fixtures.ts';

const seeded = {seed: 5, numRuns: 200};
/** Few distinct scores, so that ties abound; both classes present. */
const scored = fc
  .array(fc.tuple(fc.integer({min: -4, max: 4}), fc.boolean()), {minLength: 2, maxLength: 40})
  .filter((rows) => rows.some(([, y]) => y) && rows.some(([, y]) => !y))
  .map((rows) => ({scores: rows.map(([s]) => s), positives: rows.map(([, y]) => y)}));

describe('detection metrics', () => {
  const inside = [0.9, 0.8, 0.7, 0.6, 0.55];
  const outside = [0.65, 0.5, 0.4, 0.3];
  const scores = [...inside, ...outside].map((c) => -c);
  const positives = [...inside.map(() => false), ...outside.map(() => true)];

  it('golden values: out-of-distribution detection by confidence', () => {
    closeTo(auroc(scores, positives), 0.9);
    closeTo(averagePrecision(scores, positives), 0.9166667, {atol: 5e-8});
    closeTo(fprAtTpr(scores, positives), 0.4);
  });

  it('golden values: Torch-Uncertainty FPR95', () => {
    const separate = Array.from({length: 198}, (_, i) => (i < 99 ? 1 : 0.99));
    expect(
      fprAtTpr(
        separate,
        separate.map((s) => s === 1),
      ),
    ).to.equal(0);
    closeTo(fprAtTpr([0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0.1], [1, 0, 1, 0, 0, 1, 0]), 0.75);
  });

  it('scikit-learn examples', () => {
    closeTo(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
    closeTo(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 5 / 6);
  });

  it('fprAtTpr asks for exactly the share it names', () => {
    const twenty = Array.from({length: 20}, (_, i) => 20 - i);
    const both = [...twenty, 1.5];
    const flags = [...twenty.map(() => 1), 0];
    // 19 of 20 positives lie above the negative score; the 20th below.
    expect(fprAtTpr(both, flags, {tpr: 0.95})).to.equal(0);
    expect(fprAtTpr(both, flags, {tpr: 0.951})).to.equal(1);
  });

  it('auroc counts pairs, ties one half', () => {
    fc.assert(
      fc.property(scored, ({scores, positives}) => {
        let won = 0;
        let pairs = 0;
        scores.forEach((p, i) => {
          scores.forEach((q, j) => {
            if (!positives[i] || positives[j]) return;
            pairs++;
            won += p > q ? 1 : p === q ? 0.5 : 0;
          });
        });
        closeTo(auroc(scores, positives), won / pairs);
      }),
      seeded,
    );
  });

  it('reversed scores or swapped classes give 1 - auroc; order and monotone maps change nothing', () => {
    fc.assert(
      fc.property(scored, ({scores, positives}) => {
        const value = auroc(scores, positives);
        closeTo(
          auroc(
            scores.map((s) => -s),
            positives,
          ),
          1 - value,
          {atol: 1e-15},
        );
        closeTo(
          auroc(
            scores,
            positives.map((y) => !y),
          ),
          1 - value,
          {atol: 1e-15},
        );
        const stretched = scores.map(Math.exp).reverse();
        const flags = [...positives].reverse();
        expect(auroc(stretched, flags)).to.equal(value);
        expect(averagePrecision(stretched, flags)).to.equal(averagePrecision(scores, positives));
        expect(fprAtTpr(stretched, flags)).to.equal(fprAtTpr(scores, positives));
        expect(averagePrecision(scores, positives)).to.be.within(0, 1);
      }),
      seeded,
    );
  });

  it('a constant score knows nothing', () => {
    expect(auroc([2, 2, 2], [1, 0, 0])).to.equal(0.5);
    closeTo(averagePrecision([2, 2, 2], [1, 0, 0]), 1 / 3);
    expect(fprAtTpr([2, 2, 2], [1, 0, 0])).to.equal(1);
    expect(auroc([0, -0], [1, 0])).to.equal(0.5);
  });

  for (const [name, metric] of Object.entries({auroc, averagePrecision, fprAtTpr})) {
    it(`${name} refuses what it cannot rank`, () => {
      expect(() => metric([1, Number.NaN], [0, 1])).to.throw(DataError, new RegExp(`^${name}: .*NaN at index 1`));
      expect(() => metric([1, Infinity], [0, 1])).to.throw(DataError, /Infinity/);
      expect(() => metric([1, 2], [1, 1])).to.throw(DataError, /2 positive of 2/);
      expect(() => metric([1, 2], [0, 0])).to.throw(DataError, /0 positive of 2/);
      expect(() => metric([1, 2], [0, 2])).to.throw(DataError, /got 2 at index 1/);
      expect(() => metric([1, 2], [0])).to.throw(ShapeError, /length 2.*got length 1/);
      expect(() => metric([], [])).to.throw(DataError, /at least one/);
    });
  }

  it('fprAtTpr refuses rates outside (0, 1]', () => {
    expect(() => fprAtTpr([1, 2], [0, 1], {tpr: 0})).to.throw(ConfigError, /tpr/);
    expect(() => fprAtTpr([1, 2], [0, 1], {tpr: 95})).to.throw(ConfigError, /got 95/);
  });
});

describe('selective prediction', () => {
  const {confidence, correct} = topLabel(F8.probs, F8.labels);

  it('golden values on F8', () => {
    const atol = 5e-8;
    closeTo(riskCoverageCurve(confidence, correct).risk, [0, 0, 0, 0, 0.2, 1 / 3, 3 / 7, 0.375], {atol: 1e-15});
    closeTo(riskCoverageCurve(confidence, correct).coverage, [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]);
    closeTo(areaUnderRiskCoverage(confidence, correct), 0.1671131, {atol});
    closeTo(areaUnderRiskCoverage(confidence, correct, {rule: 'trapezoid'}), 0.1642007, {atol});
    closeTo(excessAreaUnderRiskCoverage(confidence, correct), 0.0636905, {atol});
    closeTo(areaUnderGeneralizedRiskCoverage(confidence, correct), 0.140625);
    closeTo(areaUnderGeneralizedRiskCoverage(confidence, correct, {rule: 'trapezoid'}), 0.1339286, {atol});
    const sorted = [...correct].sort((a, b) => b - a);
    closeTo(areaUnderRiskCoverage([8, 7, 6, 5, 4, 3, 2, 1], sorted), 0.1034226, {atol});
  });

  it('golden values of Torch-Uncertainty and MAPIE', () => {
    closeTo(areaUnderRiskCoverage([0.7, 0.6, 0.8], [1, 0, 1], {rule: 'trapezoid'}), 0.0833, {atol: 5e-5});
    // Top-label confidences of P(y = 1) = .1 .2 .3 .4 .2 with y = 0 0 1 1 0; the tie at .8 is between right answers.
    closeTo(
      areaUnderRiskCoverage([0.9, 0.8, 0.7, 0.6, 0.8], [1, 1, 0, 0, 1], {rule: 'trapezoid'}),
      (0 * 0.4 + (0.25 * 0.2) / 2 + 0.25 * 0.2 + (0.15 * 0.2) / 2) / 0.8,
    );
  });

  it('ties are averaged over all their orders', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({min: 0, max: 1}), fc.boolean()), {minLength: 1, maxLength: 5}),
        (rows) => {
          const orders = permutations(rows);
          const n = rows.length;
          const expected = new Float64Array(n);
          for (const order of orders) {
            const sorted = [...order].sort(([a], [b]) => b - a);
            let errors = 0;
            sorted.forEach(([, right], k) => {
              errors += right ? 0 : 1;
              expected[k] = (expected[k] ?? 0) + errors / (k + 1) / orders.length;
            });
          }
          const {risk} = riskCoverageCurve(
            rows.map(([c]) => c),
            rows.map(([, right]) => right),
          );
          closeTo(risk, expected, {rtol: 1e-12, atol: 1e-15});
        },
      ),
      {seed: 9, numRuns: 60},
    );
  });

  it('order of the examples does not matter; the excess is never negative; all tied gives the error rate', () => {
    fc.assert(
      fc.property(scored, ({scores, positives}) => {
        const back = [[...scores].reverse(), [...positives].reverse()] as const;
        closeTo(areaUnderRiskCoverage(...back), areaUnderRiskCoverage(scores, positives), {rtol: 1e-13});
        expect(excessAreaUnderRiskCoverage(scores, positives)).to.be.within(-1e-15, 1);
        const rate = positives.filter((y) => !y).length / positives.length;
        closeTo(
          areaUnderRiskCoverage(
            scores.map(() => 1),
            positives,
          ),
          rate,
        );
      }),
      seeded,
    );
  });

  it('refuses what it cannot rank', () => {
    expect(() => riskCoverageCurve([Number.NaN], [1])).to.throw(DataError, /riskCoverageCurve/);
    expect(() => areaUnderRiskCoverage([1, 2], [1])).to.throw(ShapeError, /correct of length 2/);
    expect(() => excessAreaUnderRiskCoverage([], [])).to.throw(DataError, /at least one/);
    expect(() => areaUnderRiskCoverage([1], [1], {rule: 'sum' as 'mean'})).to.throw(ConfigError, /rule/);
    expect(areaUnderRiskCoverage([1], [0], {rule: 'trapezoid'})).to.equal(1);
  });
});

describe('ascendingOrder', () => {
  it('sorts large arrays of any sign and size as a comparison sort does, ties in place', () => {
    let state = 1;
    const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const values = Float64Array.from({length: 9000}, (_, i) => {
      if (i % 5 === 0) return Math.floor(next() * 10) - 5;
      if (i % 7 === 0) return next() < 0.5 ? -0 : 0;
      return (next() - 0.5) * 10 ** (600 * (next() - 0.5));
    });
    const expected = Array.from(values.keys()).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
    expect(Array.from(ascendingOrder(values))).to.deep.equal(expected);
    const single = Float64Array.from(values, Math.fround).map((v) => (Number.isFinite(v) ? v : 0));
    const expectedSingle = Array.from(single.keys()).sort((i, j) => (single[i] ?? 0) - (single[j] ?? 0));
    expect(Array.from(ascendingOrder(single))).to.deep.equal(expectedSingle);
  });
});

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  disagreement,
  energy,
  entropyParts,
  gaussianNegativeLogLikelihood,
  margin,
  maximumLogit,
  maximumProbability,
  mixtureNegativeLogLikelihood,
  mixtureVarianceParts,
  pairwiseDivergence,
  predictiveEntropy,
  reverseMutualInformation,
  topClassDeviation,
  varianceParts,
  variationRatio,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';

const CLOSE = [[[0.7, 0.3]], [[0.6, 0.4]], [[0.8, 0.2]]];
const FAR = [[[0.9, 0.1]], [[0.5, 0.5]], [[0.1, 0.9]]];
const PAIR = [[[0.7, 0.3]], [[0.4, 0.6]]];
const row = fc
  .array(fc.integer({min: 0, max: 9}), {minLength: 3, maxLength: 3})
  .filter((counts) => counts.some((c) => c > 0))
  .map((counts) => counts.map((c) => c / counts.reduce((a, b) => a + b, 0)));
const ensembles = fc.array(row, {minLength: 2, maxLength: 6});
const seeded = {seed: 31, numRuns: 150};

describe('uncertainty of members', () => {
  const atol = 5e-8;

  it('golden values: close and far members', () => {
    const close = entropyParts(CLOSE);
    closeTo([...close.total, ...close.aleatoric, ...close.epistemic], [0.6108643, 0.5947595, 0.0161048], {atol});
    const far = entropyParts(FAR);
    closeTo([...far.total, ...far.aleatoric, ...far.epistemic], [Math.LN2, 0.447771, 0.2453761], {atol});
    closeTo(pairwiseDivergence(FAR), [0.8788898], {atol});
    closeTo(reverseMutualInformation(FAR), [0.3405504], {atol});
  });

  it('golden values of Torch-Uncertainty', () => {
    closeTo(entropyParts([[[1, 0]], [[0, 1]]]).epistemic, [Math.LN2]);
    closeTo(predictiveEntropy([...(PAIR[0] ?? []), ...(PAIR[1] ?? [])]), [0.6109, 0.673], {atol: 5e-5});
    closeTo(variationRatio(PAIR), [0.45]);
    closeTo(disagreement([[[0.9, 0.1]], [[0.8, 0.2]], [[0.3, 0.7]]]), [2 / 3]);
  });

  it('golden value of a Dirichlet as many members would give it, at its limit of one-hot members', () => {
    const members = [...Array(2).fill([[1, 0, 0]]), ...Array(3).fill([[0, 1, 0]]), ...Array(5).fill([[0, 0, 1]])];
    const {total, aleatoric, epistemic} = entropyParts(members);
    closeTo(total, [1.029653014], {atol: 5e-10});
    expect(Array.from(aleatoric)).to.deep.equal([0]);
    closeTo(epistemic, total);
  });

  it('total = aleatoric + epistemic, in both forms; members that agree leave nothing epistemic', () => {
    fc.assert(
      fc.property(ensembles, (rows) => {
        for (const parts of [entropyParts, varianceParts]) {
          const {total, aleatoric, epistemic} = parts(rows.map((p) => [p]));
          closeTo(total, [(aleatoric[0] ?? 0) + (epistemic[0] ?? 0)], {rtol: 1e-12, atol: 1e-14});
          expect(epistemic[0]).to.be.at.least(0);
          const same = parts(rows.map(() => [rows[0] ?? []]));
          closeTo(same.epistemic, [0], {atol: 1e-14});
        }
      }),
      seeded,
    );
  });

  it('pairwise divergence is its definition, and M/(M-1) (MI + reverse MI)', () => {
    fc.assert(
      fc.property(ensembles, (rows) => {
        const members = rows.map((p) => [p]);
        const [value] = pairwiseDivergence(members);
        let pairs = 0;
        rows.forEach((p, i) => {
          rows.forEach((q, j) => {
            if (i === j) return;
            p.forEach((v, k) => {
              if (v > 0) pairs += v * Math.log(v / (q[k] ?? 0));
            });
          });
        });
        const m = rows.length;
        closeTo(value ?? Number.NaN, pairs / (m * (m - 1)), {rtol: 1e-10, atol: 1e-12});
        const [mi, reverse] = [entropyParts(members).epistemic[0] ?? 0, reverseMutualInformation(members)[0] ?? 0];
        closeTo(value ?? Number.NaN, (m / (m - 1)) * (mi + reverse), {rtol: 1e-10, atol: 1e-12});
      }),
      seeded,
    );
  });

  it('flat members, several examples and any order of members give the same', () => {
    const members = [
      [
        [0.7, 0.2, 0.1],
        [0.1, 0.1, 0.8],
      ],
      [
        [0.3, 0.3, 0.4],
        [0.2, 0.5, 0.3],
      ],
    ];
    const data = Float32Array.from(members.flat(2));
    for (const measure of [
      disagreement,
      pairwiseDivergence,
      topClassDeviation,
      (m: never) => entropyParts(m).epistemic,
    ]) {
      const value = measure(members as never);
      closeTo(measure({data, shape: [2, 2, 3]} as never), value, {rtol: 2e-6});
      closeTo(measure([...members].reverse() as never), value);
      closeTo(measure(members.map((m) => [m[1] ?? []]) as never), [value[1] ?? 0]);
    }
  });

  it('votes, and the deviation of the top class', () => {
    const members = [[[0.6, 0.4]], [[0.55, 0.45]], [[0.1, 0.9]]];
    closeTo(variationRatio(members, {by: 'votes'}), [1 / 3]);
    closeTo(variationRatio(members), [1 - 1.75 / 3]);
    const q = 1.75 / 3;
    closeTo(topClassDeviation(members), [Math.sqrt(((0.4 - q) ** 2 + (0.45 - q) ** 2 + (0.9 - q) ** 2) / 3)]);
    closeTo(varianceParts([[[1, 0]], [[0, 1]]]).epistemic, [0.5]);
  });

  it('refuses what is no ensemble', () => {
    expect(() => disagreement([[[0.5, 0.5]]])).to.throw(ShapeError, /at least two members, got 1/);
    expect(() => entropyParts([])).to.throw(ShapeError, /at least one member/);
    expect(() => entropyParts([[[0.5, 0.5]], [[1]]])).to.throw(ShapeError, /for member 1/);
    expect(() => entropyParts({data: [1, 2, 3], shape: [1, 1, 2]})).to.throw(ShapeError, /\[1, 1, 2\] and 3/);
    expect(() => entropyParts([[[0.5, 0.6]]])).to.throw(DataError, /sum to 1/);
    expect(() => variationRatio(PAIR, {by: 'mode' as 'votes'})).to.throw(ConfigError, /mode/);
  });
});

describe('certainty of single predictions', () => {
  it('are their definitions', () => {
    const probs = [
      [0.6, 0.3, 0.1],
      [0.2, 0.2, 0.6],
      [0.4, 0.4, 0.2],
    ];
    closeTo(margin(probs), [0.3, 0.4, 0]);
    closeTo(maximumProbability(probs), [0.6, 0.6, 0.4]);
    const logits = [
      [1000, 1001],
      [-2, 3],
    ];
    closeTo(maximumLogit(logits), [1001, 3]);
    closeTo(energy(logits), [-1001 - Math.log1p(Math.exp(-1)), -3 - Math.log1p(Math.exp(-5))]);
    closeTo(energy(logits, {temperature: 2}), [
      -1001 - 2 * Math.log1p(Math.exp(-0.5)),
      -3 - 2 * Math.log1p(Math.exp(-2.5)),
    ]);
  });

  it('refuse what they cannot read', () => {
    expect(() => margin([[1]])).to.throw(ShapeError, /two classes/);
    expect(() => margin([[2, -1]])).to.throw(DataError, /-1/);
    expect(() => energy([[1, Number.NaN]])).to.throw(DataError, /energy.*NaN/);
    expect(() => energy([[1]], {temperature: 0})).to.throw(ConfigError, /got 0/);
  });
});

describe('mixtures of normal predictions', () => {
  const means = [[1], [2], [4]];
  const variances = [[0.25], [0.5], [1]];
  const stds = variances.map((v) => v.map(Math.sqrt));

  it('golden values: variance parts, exact and moment-matched likelihood', () => {
    const parts = mixtureVarianceParts(means, variances);
    closeTo([...parts.mean, ...parts.aleatoric, ...parts.epistemic], [2.3333333, 0.5833333, 1.5555556], {atol: 5e-8});
    closeTo(parts.total, [0.5833333 + 1.5555556], {atol: 1e-7});
    closeTo(mixtureNegativeLogLikelihood(means, stds, [2.5]), 1.6471872, {atol: 5e-8});
    closeTo(gaussianNegativeLogLikelihood(parts.mean, parts.total.map(Math.sqrt), [2.5]), 1.3055753, {atol: 5e-8});
  });

  it('of one member is that member, and far targets do not underflow', () => {
    closeTo(
      mixtureNegativeLogLikelihood([[1, 2]], [[1, 3]], [4, 5]),
      gaussianNegativeLogLikelihood([1, 2], [1, 3], [4, 5]),
    );
    closeTo(mixtureNegativeLogLikelihood([[0], [0]], [[1], [1]], [100]), 5000 + 0.5 * Math.log(2 * Math.PI));
  });

  it('refuse what does not fit', () => {
    expect(() => mixtureVarianceParts(means, [[1]])).to.throw(ShapeError, /variances.*\[3, 1\]/);
    expect(() => mixtureVarianceParts([[1]], [[-1]])).to.throw(DataError, /-1 at index 0/);
    expect(() => mixtureNegativeLogLikelihood(means, stds, [1, 2])).to.throw(ShapeError, /targets of length 1/);
    expect(() => mixtureNegativeLogLikelihood(means, [[1], [0], [1]], [1])).to.throw(DataError, /got 0 at index 1/);
  });
});

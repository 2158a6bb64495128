import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, NotPositiveDefiniteError, ShapeError} from '../../../src/errors.ts';
import {
  crpsBeta,
  crpsBinomial,
  crpsGamma,
  crpsGaussian,
  crpsGaussianMixture,
  crpsLaplace,
  crpsLogistic,
  crpsLogLaplace,
  crpsLogLogistic,
  crpsLogNormal,
  crpsNegativeBinomial,
  crpsPoisson,
  crpsSamples,
  crpsStudentT,
  crpsUniform,
  dawidSebastianiScore,
  energyScore,
  gaussianNegativeLogLikelihood,
  variogramScore,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const path = new URL('fixtures/regression-scores.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8'));

/** Every closed form as a function of its parameters and the targets. */
const one = {
  laplace: ([m = 0, s = 0]: number[], y: number[]) => crpsLaplace(m, s, y),
  logistic: ([m = 0, s = 0]: number[], y: number[]) => crpsLogistic(m, s, y),
  studentT: ([df = 0, m = 0, s = 0]: number[], y: number[]) => crpsStudentT(df, m, s, y),
  uniform: ([a = 0, b = 0]: number[], y: number[]) => crpsUniform(a, b, y),
  beta: ([a = 0, b = 0]: number[], y: number[]) => crpsBeta(a, b, y),
  gamma: ([a = 0, b = 0]: number[], y: number[]) => crpsGamma(a, b, y),
  logNormal: ([m = 0, s = 0]: number[], y: number[]) => crpsLogNormal(m, s, y),
  logLogistic: ([m = 0, s = 0]: number[], y: number[]) => crpsLogLogistic(m, s, y),
  logLaplace: ([m = 0, s = 0]: number[], y: number[]) => crpsLogLaplace(m, s, y),
  poisson: ([r = 0]: number[], y: number[]) => crpsPoisson(r, y),
  binomial: ([n = 0, p = 0]: number[], y: number[]) => crpsBinomial(n, p, y),
  negativeBinomial: ([n = 0, p = 0]: number[], y: number[]) => crpsNegativeBinomial(n, p, y),
};

describe('closed forms of the CRPS', () => {
  it('golden values', () => {
    const atol = 6e-7;
    closeTo(crpsLaplace(0, 1, [-3]), 2.29978707, {atol: 5e-9});
    closeTo(crpsLogistic(13.8, 3.3, [17.1]), 2.067527, {atol});
    closeTo(crpsLogistic(4, 0.5, [3.1]), 0.5529776, {atol});
    closeTo(crpsStudentT(5.2, 13.8, 2.3, [11.1]), 1.658226, {atol});
    closeTo(crpsStudentT(4, 0, 1, [0.7]), 0.4387929, {atol});
    closeTo(crpsPoisson(3, [1]), 1.143447, {atol});
    closeTo(crpsBinomial(10, 0.9, [8]), 0.6685115, {atol});
    closeTo(crpsNegativeBinomial(7, 0.8, [2]), 0.3834322, {atol});
    closeTo(crpsBeta(0.7, 1.1, [0.3]), 0.0850102437, {atol: 5e-11});
    closeTo(crpsUniform(0.1, 3.1, [2.2]), 0.37, {rtol: 1e-14});
    closeTo(crpsLogLaplace(0.1, 0.9, [3]), 1.16202051, {atol: 5e-9});
  });

  for (const [name, score] of Object.entries(one)) {
    it(`${name} agrees with the integral`, () => {
      const rows: number[][] = fixture[name];
      expect(rows.length).to.equal(12);
      for (const row of rows) {
        const parameters = row.slice(0, -2);
        const [y = Number.NaN, expected = Number.NaN] = row.slice(-2);
        closeTo(score(parameters, [y]), expected, {rtol: 1e-9});
        closeTo(score(parameters, [y, y]), score(parameters, [y]), {rtol: 1e-15});
      }
    });
  }

  it('parameters per example give the mean of single scores', () => {
    closeTo(crpsLaplace([0, 1], [1, 2], [3, 4]), (crpsLaplace(0, 1, [3]) + crpsLaplace(1, 2, [4])) / 2);
    closeTo(crpsPoisson([2, 9], [3, 4]), (crpsPoisson(2, [3]) + crpsPoisson(9, [4])) / 2);
  });

  it('meet where distributions do', () => {
    closeTo(crpsStudentT(1e8, 1, 2, [0.5]), crpsGaussian([1], [2], [0.5]), {rtol: 1e-7});
    closeTo(crpsBeta(1, 1, [0.2]), crpsUniform(0, 1, [0.2]), {rtol: 1e-13});
    closeTo(crpsNegativeBinomial(1e7, 1e7 / (1e7 + 3), [1]), crpsPoisson(3, [1]), {rtol: 1e-6});
    closeTo(crpsPoisson(1e6, [1e6 + 500]), crpsGaussian([1e6], [1e3], [1e6 + 500]), {rtol: 1e-3});
    closeTo(crpsGamma(1, 2, [0.3]), 0.3 - (2 / 2) * (1 - Math.exp(-0.6)) + 1 / 4, {rtol: 1e-13});
  });

  it('outside the support the distance is added', () => {
    for (const score of [crpsGamma, crpsLogNormal, crpsBeta] as const) {
      closeTo(score(0.7, 0.6, [-2]), score(0.7, 0.6, [0]) + 2, {rtol: 1e-13});
    }
    closeTo(crpsBeta(0.7, 0.6, [3]), crpsBeta(0.7, 0.6, [1]) + 2, {rtol: 1e-13});
    closeTo(crpsLogLogistic(0, 0.5, [-2]), crpsLogLogistic(0, 0.5, [0]) + 2, {rtol: 1e-13});
    closeTo(crpsLogLaplace(0, 0.5, [-2]), crpsLogLaplace(0, 0.5, [0]) + 2, {rtol: 1e-13});
    closeTo(crpsPoisson(3, [-2]), crpsPoisson(3, [0]) + 2, {rtol: 1e-13});
    closeTo(crpsBinomial(4, 0.3, [9]), crpsBinomial(4, 0.3, [4]) + 5, {rtol: 1e-13});
    closeTo(crpsUniform(1, 2, [4]), crpsUniform(1, 2, [2]) + 2, {rtol: 1e-13});
  });

  it('are linear between counts', () => {
    closeTo(crpsPoisson(3, [1.5]), crpsPoisson(3, [1]) + (crpsPoisson(3, [2]) - crpsPoisson(3, [1])) / 2, {
      rtol: 1e-13,
    });
  });

  it('refuse parameters out of range, naming them', () => {
    expect(() => crpsLaplace(0, 0, [1])).to.throw(DataError, /^crpsLaplace: .*above 0 in scale, got 0 at index 0/);
    expect(() => crpsStudentT(1, 0, 1, [1])).to.throw(DataError, /above 1 in df, got 1/);
    expect(() => crpsLogLaplace(0, 1, [1])).to.throw(DataError, /above 0 below 1 in scale, got 1/);
    expect(() => crpsBinomial(2.5, 0.5, [1])).to.throw(DataError, /whole numbers in trials, got 2.5/);
    expect(() => crpsUniform(1, 1, [1])).to.throw(DataError, /upper above lower/);
    expect(() => crpsLogistic([1, Number.NaN], 1, [1, 2])).to.throw(DataError, /location, got NaN at index 1/);
    expect(() => crpsGamma([1], 1, [1, 2])).to.throw(ShapeError, /shape of length 2/);
    expect(() => crpsNegativeBinomial(1, 1e-9, [1])).to.throw(DataError, /at most 10000000 counts/);
    expect(() => crpsBeta(1, 1, [])).to.throw(DataError, /at least one example/);
  });
});

describe('CRPS of mixtures and draws', () => {
  const means = [[0, -2.9, 0.9]];
  const stds = [[0.5, 1.4, 0.7]];

  it('golden values of mixtures', () => {
    closeTo(crpsGaussianMixture(means, stds, [0.3]), 0.4510451, {atol: 5e-8});
    closeTo(crpsGaussianMixture(means, stds, [0.3], {weights: [0.3, 0.1, 0.6]}), 0.2354619, {atol: 5e-8});
    closeTo(crpsGaussianMixture([[1, 2, 4]], [[0.5, Math.sqrt(0.5), 1]], [2.5]), 0.4298867, {atol: 1e-7});
  });

  it('a mixture of equal members is one of them; weights are normalized and may be per example', () => {
    closeTo(crpsGaussianMixture([[1, 1]], [[2, 2]], [0.5]), crpsGaussian([1], [2], [0.5]), {rtol: 1e-13});
    const weights = [[3, 1, 6]];
    closeTo(
      crpsGaussianMixture(means, stds, [0.3], {weights}),
      crpsGaussianMixture(means, stds, [0.3], {weights: [0.3, 0.1, 0.6]}),
    );
    closeTo(crpsGaussianMixture(means, stds, [0.3], {weights: [0, 1, 0]}), crpsGaussian([-2.9], [1.4], [0.3]));
  });

  const draws = [
    [1.7812118, 0.5863797, 0.7038174, -0.7743998, -0.2751647, 1.1863249, 1.2990966, -0.3242982, -0.5968781, 0.9064937],
  ];
  const y = [-0.6042506];

  it('golden values of draws', () => {
    closeTo(crpsSamples(draws, y), 0.6126602, {atol: 5e-8});
    closeTo(crpsSamples(draws, y, {estimator: 'fair'}), 0.5598959, {atol: 5e-8});
    closeTo(crpsSamples(draws, y, {weights: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}), 0.4923673, {atol: 5e-8});
  });

  it('the sorted sum is the double sum, with ties, weights, fair or not', () => {
    const {samples, targets, weights, empirical, fair, weighted, weightedFair} = fixture.samples;
    closeTo(crpsSamples(samples, targets), empirical);
    closeTo(crpsSamples(samples, targets, {estimator: 'fair'}), fair);
    closeTo(crpsSamples(samples, targets, {weights}), weighted);
    closeTo(crpsSamples(samples, targets, {weights, estimator: 'fair'}), weightedFair);
  });

  it('integer weights are duplicated draws; order does not matter', () => {
    const value = fc.double({min: -5, max: 5, noNaN: true});
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.integer({min: 1, max: 3})), {minLength: 1, maxLength: 12}),
        value,
        (list, target) => {
          const repeated = list.flatMap(([x, w]) => Array<number>(w).fill(x));
          const score = crpsSamples([repeated], [target]);
          closeTo(crpsSamples([list.map(([x]) => x)], [target], {weights: list.map(([, w]) => w)}), score, {
            rtol: 1e-12,
            atol: 1e-14,
          });
          closeTo(crpsSamples([repeated.toReversed()], [target]), score, {rtol: 1e-12, atol: 1e-14});
          expect(score).to.be.at.least(-1e-12);
        },
      ),
      {seed: 7, numRuns: 100},
    );
  });

  it('few draws score on average as the distribution does, if fair', () => {
    const n = 20000;
    const rng = createRng(3);
    const x = {data: rng.normals(n * 3), shape: [n, 3] as [number, number]};
    const targets = new Float64Array(n).fill(0.4);
    const bound = (5 * 0.6) / Math.sqrt(n);
    expect(Math.abs(crpsSamples(x, targets, {estimator: 'fair'}) - crpsGaussian([0], [1], [0.4]))).to.be.below(bound);
    expect(crpsSamples(x, targets) - crpsGaussian([0], [1], [0.4])).to.be.above(bound);
  });

  it('refuses a single draw where fair, unknown estimators and bad weights', () => {
    expect(() => crpsSamples([[1]], [1], {estimator: 'fair'})).to.throw(DataError, /at least two draws/);
    expect(() => crpsSamples(draws, y, {estimator: 'nrg' as 'fair'})).to.throw(ConfigError, /got 'nrg'/);
    expect(() => crpsSamples(draws, y, {weights: [1, 2]})).to.throw(ShapeError, /weights of length 10/);
    expect(() => crpsSamples([[1, 2]], [1], {weights: [-1, 2]})).to.throw(DataError, /weights of at least 0/);
    expect(() => crpsGaussianMixture(means, [[1, 2]], [1])).to.throw(ShapeError, /stds of shape \[1, 3\]/);
  });
});

describe('scores of joint draws', () => {
  const observed = [[0.2743836, 0.81464]];
  const members = [
    [
      [0.79546742, 0.02461368],
      [0.477796, 0.7584595],
      [0.2164079, 0.318181],
      [0.5409873, 0.1319422],
    ],
  ];

  it('golden values', () => {
    closeTo(energyScore(members, observed), 0.3949793, {atol: 5e-7});
    closeTo(energyScore(members, observed, {estimator: 'fair'}), 0.3274585, {atol: 5e-7});
    closeTo(variogramScore(members, observed), 0.04114727, {atol: 5e-8});
    closeTo(variogramScore(members, observed, {estimator: 'fair'}), 0.01407421, {atol: 5e-8});
    closeTo(variogramScore(members, observed, {order: 1}), 0.04480374, {atol: 5e-8});
    closeTo(variogramScore(members, observed, {order: 1, estimator: 'fair'}), 0.004730382, {atol: 5e-8});
  });

  it('agree with scoringrules on three examples of four outputs', () => {
    const {samples, targets, weights, energy, energyFair, variogram, variogramFair, variogramWeighted} = fixture.joint;
    closeTo(energyScore(samples, targets), energy);
    closeTo(energyScore(samples, targets, {estimator: 'fair'}), energyFair);
    closeTo(variogramScore(samples, targets), variogram);
    closeTo(variogramScore(samples, targets, {order: 1, estimator: 'fair'}), variogramFair, {rtol: 1e-11});
    closeTo(variogramScore(samples, targets, {weights}), variogramWeighted);
  });

  it('Dawid-Sebastiani score: golden value, scoringrules in two dimensions, and the normal density', () => {
    const draws = [[9.8], [8.7], [11.9], [12.1], [13.4]];
    closeTo(dawidSebastianiScore([draws], [[11.6]]), 1.115645, {atol: 5e-7});
    closeTo(dawidSebastianiScore(members, observed), -2.538411583692543);
    closeTo(
      dawidSebastianiScore([[[1], [3]]], [[3]]),
      2 * gaussianNegativeLogLikelihood([2], [1], [3]) - Math.log(2 * Math.PI),
    );
    expect(() =>
      dawidSebastianiScore(
        [
          [
            [1, 2],
            [2, 1],
          ],
        ],
        [[1, 2]],
      ),
    ).to.throw(DataError, /more draws than the 2 outputs/);
    const flat = [
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    expect(() => dawidSebastianiScore([flat], [[1, 2]])).to.throw(NotPositiveDefiniteError, /example 0/);
  });

  it('for one output the energy score is the CRPS', () => {
    const x = [3, 1, 4, 1, 5];
    closeTo(energyScore([x.map((v) => [v])], [[2]]), crpsSamples([x], [2]), {rtol: 1e-13});
  });

  it('refuse what does not fit', () => {
    expect(() => energyScore(members, [[1, 2, 3]])).to.throw(ShapeError, /samples\[0\] of shape \[draws, 3\]/);
    expect(() => energyScore([], observed)).to.throw(ShapeError, /samples for 1 examples/);
    expect(() => variogramScore(members, observed, {order: 0})).to.throw(ConfigError, /positive order/);
    expect(() => variogramScore(members, observed, {weights: [[1]]})).to.throw(ShapeError, /weights of shape \[2, 2\]/);
    expect(() => energyScore([[[1, 2]]], observed, {estimator: 'fair'})).to.throw(DataError, /at least two draws/);
  });
});

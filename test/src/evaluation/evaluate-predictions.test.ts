import {expect} from 'chai';
import fc from 'fast-check';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {evaluatePredictions} from '../../../src/evaluation/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

// Eight predictions over three classes whose scores were computed with NumPy.
const probs = [
  [0.6, 0.3, 0.1],
  [0.2, 0.5, 0.3],
  [0.1, 0.2, 0.7],
  [0.45, 0.35, 0.2],
  [0.05, 0.9, 0.05],
  [0.34, 0.33, 0.33],
  [0.25, 0.25, 0.5],
  [0.8, 0.15, 0.05],
];
const labels = [0, 2, 2, 1, 1, 0, 1, 0];

describe('evaluatePredictions for classes', () => {
  it('gives the reference scores', () => {
    const {test, kind, classes, name} = evaluatePredictions({probs, labels}, {name: 'F', bins: 10});
    expect([kind, classes, name, test.count]).to.deep.equal(['classification', 3, 'F', 8]);
    closeTo(test.scores.accuracy, 0.625);
    closeTo(test.scores.negativeLogLikelihood, 0.7393629, {rtol: 1e-7});
    closeTo(test.scores.brierScore, 0.431675);
    closeTo(test.scores.calibrationError, 0.38875);
    closeTo(test.scores.areaUnderRiskCoverage, 0.1671131, {rtol: 1e-6});
    closeTo(test.scores.entropy, 0.8654465, {rtol: 1e-7});
    closeTo(test.overconfidence, 0.59875 - 0.625);
    expect(test.scores).to.not.have.any.keys('aleatoricEntropy', 'epistemicEntropy');
  });

  it('gives the standard errors of accuracy and log-likelihood', () => {
    const {standardErrors} = evaluatePredictions({probs, labels}).test;
    closeTo(standardErrors.accuracy ?? 0, Math.sqrt((0.625 * 0.375) / 8));
    const losses = labels.map((label, i) => -Math.log(probs[i]?.[label] ?? 0));
    const mean = losses.reduce((a, b) => a + b) / 8;
    const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 7;
    closeTo(standardErrors.negativeLogLikelihood, Math.sqrt(variance / 8));
  });

  it('gives reliability bins and a histogram that hold every example', () => {
    const {reliability, confidenceHistogram} = evaluatePredictions({probs, labels}, {bins: 5}).test;
    expect(confidenceHistogram.counts).to.deep.equal([0, 1, 3, 2, 2]);
    expect(confidenceHistogram.edges).to.have.length(6);
    expect(reliability.map(({count}) => count)).to.deep.equal([1, 3, 2, 2]);
    closeTo(reliability[0]?.lower ?? 0, 0.2);
    closeTo(reliability[1]?.confidence ?? 0, (0.5 + 0.45 + 0.5) / 3);
    closeTo(
      reliability.map(({accuracy}) => accuracy),
      [1, 0, 1, 1],
    );
  });

  it('gives the risk-coverage curve, thinned to 200 points with its ends', () => {
    const {riskCoverage} = evaluatePredictions({probs, labels}).test;
    closeTo(riskCoverage.coverage[riskCoverage.coverage.length - 1] ?? 0, 1);
    closeTo(riskCoverage.risk[riskCoverage.risk.length - 1] ?? 0, 0.375);
    const uniforms = createRng(1).uniforms(5000);
    const many = Array.from(uniforms, (u) => [u, 1 - u]);
    const curve = evaluatePredictions({probs: many, labels: many.map(() => 0)}, {details: false}).test.riskCoverage;
    expect(curve.coverage).to.have.length(200);
    expect(curve.risk).to.have.length(200);
    closeTo(curve.coverage[199] ?? 0, 1);
  });

  it('names the most and least certain examples and the surest mistakes', () => {
    const {mostCertain, leastCertain, surestMistakes} = evaluatePredictions({probs, labels}, {extremes: 2}).test;
    expect(mostCertain).to.deep.equal([
      {index: 4, label: 1, predicted: 1, confidence: 0.9},
      {index: 7, label: 0, predicted: 0, confidence: 0.8},
    ]);
    expect(leastCertain.map(({index}) => index)).to.deep.equal([5, 3]);
    expect(surestMistakes).to.have.length(2);
    expect(surestMistakes[0]).to.include({predicted: 2, label: 1, index: 6});
  });

  it('takes flat data, one-hot labels and float32', () => {
    const data = Float32Array.from(probs.flat());
    const oneHot = labels.map((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0)));
    const {scores} = evaluatePredictions({probs: {data, shape: [8, 3]}, labels: oneHot}).test;
    closeTo(scores.brierScore, 0.431675, {rtol: 1e-6});
    closeTo(scores.negativeLogLikelihood, 0.7393629, {rtol: 1e-6});
  });

  it('is plain JSON', () => {
    const evaluation = evaluatePredictions({probs, labels});
    expect(JSON.parse(JSON.stringify(evaluation))).to.deep.equal(evaluation);
  });

  it('does not depend on the order of the examples', () => {
    const reference = evaluatePredictions({probs, labels}).test.scores;
    const options = {details: false};
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], {minLength: 8}), (order) => {
        const shuffled = {probs: order.map((i) => probs[i] ?? []), labels: order.map((i) => labels[i] ?? 0)};
        const {scores} = evaluatePredictions(shuffled, options).test;
        for (const [name, value] of Object.entries(scores)) {
          closeTo(value, reference[name as keyof typeof reference] ?? Number.NaN, {rtol: 1e-12});
        }
      }),
      {seed: 5, numRuns: 20},
    );
  });

  it('refuses what it cannot judge, by its own name', () => {
    const refuse = (bad: unknown, badLabels: ArrayLike<number>, kind: new () => Error, words: RegExp): void => {
      expect(() => evaluatePredictions({probs: bad as number[][], labels: badLabels})).to.throw(kind, words);
    };
    refuse([[0.5, 0.6]], [0], DataError, /evaluatePredictions: expected every row of probs to sum to 1/);
    refuse([[2, -1]], [0], DataError, /evaluatePredictions/);
    refuse([[0.5, 0.5]], [2], DataError, /evaluatePredictions: expected integer labels from 0 to 1, got 2/);
    refuse([[0.5, 0.5]], [0, 1, 1], ShapeError, /evaluatePredictions/);
    refuse([[1]], [0], ShapeError, /two or more columns/);
    refuse([], [], ShapeError, /evaluatePredictions/);
  });
});

describe('evaluatePredictions for numbers', () => {
  const mean = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5];
  const std = [0.2, 0.3, 0.25, 0.5, 0.4, 0.6, 0.8, 0.7];
  const targets = [0.1, 0.3, 1.4, 1.2, 2.3, 1.6, 3.9, 3.4];

  it('gives the reference scores', () => {
    const {test, kind} = evaluatePredictions({mean, std, targets});
    expect([kind, test.count]).to.deep.equal(['regression', 8]);
    closeTo(test.scores.rootMeanSquaredError, 0.5024938, {rtol: 1e-6});
    closeTo(test.scores.negativeLogLikelihood, 0.5385262, {rtol: 1e-6});
    closeTo(test.scores.crps, 0.2678945, {rtol: 1e-6});
    // Its probability integral transforms are .691, .252, .945, .274, .773, .067, .870, .443.
    closeTo([test.scores.coverage50, test.scores.coverage90, test.scores.coverage95], [4 / 8, 1, 1]);
    const z = [0.6744897501960817, 1.6448536269514722, 1.959963984540054];
    const meanStd = std.reduce((a, b) => a + b) / 8;
    closeTo(
      [test.scores.width50, test.scores.width90, test.scores.width95],
      z.map((q) => 2 * q * meanStd),
    );
    expect(test.pit.counts).to.deep.equal([1, 0, 2, 0, 1, 0, 1, 1, 1, 1]);
    expect(test.intervalCalibration.nominal).to.have.length(19);
    // |PIT - 1/2| sorted: .057, .191, .226, .248, .273, .370, .433, .445
    expect(test.intervalCalibration.observed.slice(0, 3)).to.deep.equal([0, 0, 1 / 8]);
    closeTo(test.intervalCalibration.observed[17] ?? 0, 1);
  });

  it('names the most and least certain examples', () => {
    const {mostCertain, leastCertain, sample} = evaluatePredictions({mean, std, targets}, {extremes: 1}).test;
    expect(mostCertain).to.deep.equal([{index: 0, target: 0.1, mean: 0, standardDeviation: 0.2}]);
    expect(leastCertain.map(({index}) => index)).to.deep.equal([6]);
    expect(sample).to.have.length(8);
  });

  it('finds right coverage where predictions are right', () => {
    const n = 4000;
    const noise = createRng(2).normals(n);
    const spread = Array.from({length: n}, (_, i) => 0.5 + (i % 7));
    const centre = spread.map((_, i) => i % 11);
    const drawn = spread.map((s, i) => (centre[i] ?? 0) + s * (noise[i] as number));
    const {scores, pit} = evaluatePredictions({mean: centre, std: spread, targets: drawn}).test;
    for (const [level, share] of [
      [0.5, scores.coverage50],
      [0.9, scores.coverage90],
      [0.95, scores.coverage95],
    ] as const) {
      expect(Math.abs(share - level)).to.be.below(4 * Math.sqrt((level * (1 - level)) / n));
    }
    for (const count of pit.counts) expect(Math.abs(count - n / 20)).to.be.below(4.5 * Math.sqrt(n / 20));
  });

  it('refuses what it cannot judge', () => {
    expect(() => evaluatePredictions({mean: [], std: [], targets: []})).to.throw(ShapeError, /as many mean/);
    expect(() => evaluatePredictions({mean: [1], std: [1, 2], targets: [1]})).to.throw(ShapeError, /got 1, 2 and 1/);
    expect(() => evaluatePredictions({mean: [1], std: [0], targets: [1]})).to.throw(DataError, /positive std/);
    expect(() => evaluatePredictions({mean: [Number.NaN], std: [1], targets: [1]})).to.throw(DataError, /row 0/);
  });
});

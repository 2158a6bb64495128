import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  type ClassificationEvaluation,
  compare,
  evaluate,
  evaluatePredictions,
  formatTable,
  type RegressionEvaluation,
  scoreInfo,
} from '../../../src/evaluation/index.ts';
import {calibrated} from '../../../src/io/index.ts';
import {categorical, gaussian} from '../../../src/likelihoods/index.ts';
import {calibrationError, maximumMeanCalibrationError} from '../../../src/metrics/index.ts';
import {fitCalibration, type Posterior} from '../../../src/posterior/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {posteriorOf} from '../../support/latent-posterior.ts';
import {expectNoLeak} from '../../support/leaks.ts';

/** Rows of three logits and labels drawn from their softmax. */
function draw(seed: number, n = 600) {
  const rng = createRng(seed);
  const normals = rng.normals(3 * n);
  const uniforms = rng.uniforms(n);
  const rows = Array.from({length: n}, (_, i) => Array.from(normals.subarray(3 * i, 3 * i + 3), (v) => 1.5 * v));
  const y = rows.map((row, i) => {
    const weights = row.map(Math.exp);
    let left = (uniforms[i] as number) * weights.reduce((a, b) => a + b);
    return weights.findIndex((weight) => (left -= weight) < 0);
  });
  return {x: tf.tensor2d(rows), y};
}

async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const restore = onWarning((message) => warnings.push(message));
  try {
    await work();
  } finally {
    restore();
  }
  return warnings;
}

describe('evaluate in full', () => {
  const overconfident = posteriorOf(categorical(), (x) =>
    tf.tidy(() => ({mean: tf.mul(x, 3), variance: tf.onesLike(x)})),
  );

  it('judges classes again after recalibration, averages shifts and scores foreign inputs every way', () =>
    expectNoLeak(async () => {
      const [test, held, shifted] = [draw(1), draw(2), draw(3)];
      const far = tf.zeros([50, 3]);
      const data = {
        test,
        calibration: held,
        shift: [
          {...shifted, name: 'a', level: 1},
          {...test, name: 'a', level: 2},
        ],
        ood: {name: 'far', x: far},
      };
      const evaluation = (await evaluate(overconfident, data)) as ClassificationEvaluation;
      const {recalibrated, shiftMean, shifts, ood} = evaluation;
      expect(recalibrated?.method).to.equal('temperature');
      expect(recalibrated?.test.scores.calibrationError).to.be.below(0.6 * evaluation.test.scores.calibrationError);
      expect(recalibrated?.test.scores.negativeLogLikelihood).to.be.below(evaluation.test.scores.negativeLogLikelihood);
      closeTo(recalibrated?.test.scores.accuracy ?? 0, evaluation.test.scores.accuracy, {rtol: 0.01});
      expect(recalibrated?.shifts).to.have.length(2);
      const brier = shifts.map(({scores}) => scores.brierScore);
      closeTo(shiftMean?.brierScore ?? 0, ((brier[0] as number) + (brier[1] as number)) / 2);
      expect(ood[0]?.detection?.map(({score}) => score)).to.deep.equal([
        'entropy',
        'epistemic',
        'max-probability',
        'margin',
        'energy',
        'max-logit',
      ]);
      expect(ood[0]?.detection?.[0]?.auroc).to.equal(ood[0]?.auroc);
      expect(ood[0]?.roc?.truePositiveRate.at(-1)).to.equal(1);
      expect(ood[0]?.doubt?.epistemic).to.be.above(0);
      expect(JSON.parse(JSON.stringify(evaluation))).to.deep.equal(evaluation);
      const names = compare([evaluation]).rows.map(({name}) => name);
      expect(names).to.include.members(['recalibrated: accuracy', 'mean over shifts: accuracy', 'a 1: accuracy']);
      tf.dispose([test.x, held.x, shifted.x, far]);
    }));

  it('judges numbers again after recalibration', () =>
    expectNoLeak(async () => {
      const narrow = posteriorOf(gaussian({noiseScale: 0.3}), (x) =>
        tf.tidy(() => ({mean: tf.slice(x, [0, 0], [-1, 1])})),
      );
      const make = (seed: number) => {
        const {x} = draw(seed);
        const noise = createRng(seed + 10).normals(600);
        const y = tf.tidy(() => tf.add(tf.slice(x, [0, 0], [-1, 1]), tf.tensor2d(Float32Array.from(noise), [600, 1])));
        return {x, y};
      };
      const [test, held] = [make(1), make(2)];
      for (const method of ['variance-scaling', 'pit'] as const) {
        const evaluation = (await evaluate(
          narrow,
          {test, calibration: held},
          {recalibration: {method}},
        )) as RegressionEvaluation;
        expect(evaluation.test.scores.coverage90).to.be.below(0.5);
        expect(evaluation.recalibrated?.test.scores.coverage90).to.be.within(0.84, 0.95);
        expect(evaluation.recalibrated?.test.scores.crps).to.be.below(evaluation.test.scores.crps);
        const {negativeLogLikelihood} = evaluation.recalibrated?.test.scores ?? {};
        // The map cannot give tails to a density that is three times too narrow.
        if (method === 'variance-scaling') expect(negativeLogLikelihood).to.be.within(1.3, 1.6);
        expect(negativeLogLikelihood).to.be.below(evaluation.test.scores.negativeLogLikelihood);
        const {details} = evaluation.test;
        expect(Object.keys(details ?? {})).to.deep.equal(['calibration', 'intervals', 'ranking by doubt']);
        expect(evaluation.test.fan).to.have.length(100);
      }
      tf.dispose([test.x, test.y, held.x, held.y]);
    }));

  it('says how far members are apart, where it is asked', () =>
    expectNoLeak(async () => {
      const test = draw(1, 40);
      const draws = posteriorOf(categorical(), (x) => ({draws: tf.tidy(() => tf.stack([x, tf.neg(x)]))}));
      const y = test.y.map((label, i) => (i < 4 ? -100 : label));
      const evaluation = await evaluate(draws, {test: {x: test.x, y}}, {members: true});
      const {members} = evaluation.test.details ?? {};
      expect(members?.memberDisagreement).to.equal(1); // the largest logit is the smallest of the other's
      expect(members?.memberVariationRatio).to.equal(0.5);
      const {epistemicEntropy = 0} = (evaluation as ClassificationEvaluation).test.scores;
      // Of two members the pairwise divergence is twice the sum of both kinds of mutual information.
      closeTo(
        members?.memberPairwiseDivergence ?? 0,
        2 * (epistemicEntropy + (members?.memberReverseInformation ?? 0)),
        {rtol: 1e-3},
      );
      expect((await evaluate(draws, {test})).test.details).to.not.have.property('members');
      test.x.dispose();
    }));

  it('warns where it is judged on rows that it was calibrated on', async () => {
    const [test, held] = [draw(1), draw(2)];
    const calibration = await fitCalibration(overconfident, test);
    const judge = (posterior: Posterior, rows: object) => warningsOf(() => evaluate(posterior, {test, ...rows}));
    expect(await judge(calibrated(overconfident, calibration), {})).to.match(/600 of 600 test examples/);
    expect(await judge(overconfident, {calibration: test})).to.match(/the calibration rows/);
    expect(await judge(overconfident, {calibration: held})).to.deep.equal([]);
    expect(await judge(overconfident, {})).to.deep.equal([]);
    tf.dispose([test.x, held.x]);
  });

  it('compares posteriors on the same data, with paired differences', () =>
    expectNoLeak(async () => {
      const test = draw(1);
      const right = posteriorOf(categorical(), (x) => ({mean: tf.clone(x)}));
      const {evaluations, table} = await compare({sure: overconfident, right}, {test});
      expect(evaluations.map(({name}) => name)).to.deep.equal(['sure', 'right']);
      const [nll] = table.differences?.filter(({loss}) => loss === 'negativeLogLikelihood') ?? [];
      const [sure, calm] = evaluations.map(({test: {scores}}) => scores.negativeLogLikelihood) as [number, number];
      closeTo(nll?.difference ?? 0, sure - calm, {rtol: 1e-6});
      expect(nll?.low).to.be.above(0);
      expect(nll?.pValue).to.be.below(1e-3);
      expect(nll?.adjustedPValue).to.equal(nll?.pValue);
      test.x.dispose();
    }));
});

describe('further scores', () => {
  let y: number[];
  let probs: number[][];
  before(async () => {
    const drawn = draw(5, 300);
    const softmax = tf.softmax(drawn.x);
    probs = (await softmax.array()) as number[][];
    y = drawn.y;
    tf.dispose([softmax, drawn.x]);
  });

  it('hold what the metrics give, and each is explained', () => {
    const {test} = evaluatePredictions({probs, labels: y}, {ordinal: true});
    const {details = {}} = test;
    expect(Object.keys(details)).to.deep.equal(['calibration', 'proper scores', 'selective prediction']);
    closeTo(
      details.calibration?.classwiseCalibrationError ?? 0,
      calibrationError(probs, y, {bins: 15, kind: 'classwise'}),
    );
    closeTo(details.calibration?.maximumMeanCalibrationError ?? 0, maximumMeanCalibrationError(probs, y));
    const part = details['proper scores'] ?? {};
    const sum =
      (part.brierUncertainty ?? 0) -
      (part.brierResolution ?? 0) +
      (part.brierReliability ?? 0) +
      (part.brierWithinVariance ?? 0) -
      (part.brierWithinCovariance ?? 0);
    closeTo(sum, test.scores.brierScore, {rtol: 1e-12});
    closeTo((part.logCalibration ?? 0) + (part.logRefinement ?? 0), test.scores.negativeLogLikelihood, {rtol: 1e-6});
    expect(part.rankedProbabilityScore).to.be.above(0);
    const numbers = evaluatePredictions({
      mean: y.map((v) => v),
      std: y.map((_, i) => 0.5 + (i % 3)),
      targets: probs.map(([p = 0]) => 4 * p),
    });
    const names = [details, numbers.test.details ?? {}].flatMap((groups) => Object.values(groups).flatMap(Object.keys));
    expect(names.length).to.be.above(40);
    const ofMembers = [
      'memberDisagreement',
      'memberVariationRatio',
      'memberPairwiseDivergence',
      'memberReverseInformation',
      'memberTopDeviation',
    ];
    for (const name of [...names, ...ofMembers, 'averagePrecisionTest', 'detectionError']) {
      expect(scoreInfo(name).meaning, name).to.match(/^[A-Z].*\.$/);
      expect(scoreInfo(name).label, name).to.not.equal(name);
    }
  });

  it('leave out what the data do not allow', () => {
    const sure = evaluatePredictions({
      probs: [
        [1, 0],
        [1, 0],
      ],
      labels: [0, 0],
    });
    expect(sure.test.details?.['selective prediction']).to.not.have.property('mistakeAuroc');
    expect(evaluatePredictions({probs, labels: y}, {details: false}).test).to.not.have.property('details');
    const same = evaluatePredictions({mean: [1], std: [1], targets: [1]});
    expect(same.test).to.not.have.property('sparsification');
    expect(same.test.details?.['ranking by doubt']).to.not.have.property('errorCorrelation');
  });

  it('have intervals from formulas or resamples that hold the estimate', () => {
    const {test} = evaluatePredictions({probs, labels: y});
    expect(Object.keys(test.intervals ?? {})).to.deep.equal(['accuracy', 'negativeLogLikelihood', 'brierScore']);
    const {low = 0, high = 0} = test.intervals?.accuracy ?? {};
    const {accuracy} = test.scores;
    closeTo((high - low) / 2, 1.968 * Math.sqrt((accuracy * (1 - accuracy)) / 299), {rtol: 1e-3});
    const slow = evaluatePredictions({probs, labels: y}, {intervals: 'bootstrap', details: false}).test;
    for (const name of ['calibrationError', 'areaUnderRiskCoverage'] as const) {
      const interval = slow.intervals?.[name];
      expect(interval?.low).to.be.below(interval?.high ?? 0);
      expect(slow.scores[name]).to.be.within((interval?.low ?? 0) - 0.03, (interval?.high ?? 0) + 0.03);
    }
    expect(evaluatePredictions({probs, labels: y}, {intervals: 'none'}).test).to.not.have.property('intervals');
    const numbers = evaluatePredictions({mean: y, std: y.map(() => 1), targets: y.map((v, i) => v + (i % 2) - 0.5)});
    closeTo(numbers.test.intervals?.rootMeanSquaredError?.low ?? 0, 0.5);
  });

  it('reliability bins have bands: where chance puts the share, and where it would if confidence were right', () => {
    const {reliability} = evaluatePredictions({probs, labels: y}, {bins: 4}).test;
    for (const {accuracy, confidence, likely, consistent} of reliability) {
      expect(accuracy).to.be.within(likely?.[0] as number, likely?.[1] as number);
      expect(confidence).to.be.within((consistent?.[0] as number) - 0.05, (consistent?.[1] as number) + 0.05);
    }
    // Of 20 at 0.9 the central 95% are 15 to 20 (binomial).
    const twenty = Array.from({length: 20}, () => [0.9, 0.1]);
    const [bin] = evaluatePredictions({probs: twenty, labels: twenty.map((_, i) => Number(i < 2))}).test.reliability;
    expect(bin?.consistent).to.deep.equal([15 / 20, 20 / 20]);
  });

  it('show in tables by group, with intervals, and as CSV', () => {
    const evaluation = evaluatePredictions({probs, labels: y}, {name: '=net,"1"'});
    const table = compare([evaluation], {details: true});
    const text = formatTable(table, {intervals: true});
    expect(text)
      .to.match(/\n- calibration -\n/)
      .and.match(/Accuracy +\d\d\.\d% \[\d\d\.\d%, \d\d\.\d%\]/);
    expect(formatTable(table, {style: 'markdown'})).to.match(/\| \*selective prediction\* +\|/);
    const [head, first] = formatTable(table, {style: 'csv'}).split('\n');
    expect(head).to.equal('model,group,score,value,low,high');
    expect(first).to.match(/^"'=net,""1""",,accuracy,0\.\d+,0\.\d+,0\.\d+$/);
    expect(compare([evaluation]).rows.every(({group}) => group === undefined)).to.equal(true);
  });
});

import {expect} from 'chai';
import * as metrics from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, U3} from './fixtures.ts';

const {confidence, correct} = metrics.topLabel(F8.probs, F8.labels);
const decomposition = metrics.brierDecomposition(F8.probs, F8.labels);
const classError = (k: number, bins: number) =>
  metrics.calibrationError(
    F8.probs.map((row) => row[k] ?? 0),
    F8.labels.map((y) => Number(y === k)),
    {kind: 'binary', bins},
  );
const TWO = [
  [0.8, 0.2],
  [0.3, 0.7],
];
const THREE = [
  [0.7, 0.3],
  [0.6, 0.4],
  [0.8, 0.2],
];
const three = metrics.topLabel(THREE, [0, 1, 0]);
const level = {level: 0.5};
const width = 0.6744897501960817;
const ends = (side: number) => U3.mean.map((m, i) => m + side * width * (U3.std[i] ?? 0));

/**
 * Values that other projects publish or test with, each with its number of digits: what the other files do not test already. Two are
 * left out because they are wrong where they come from: scoringrules' Dawid-Sebastiani score of two outputs (-3.161553), whose
 * covariance is not that of its draws, and uncertainty-toolbox's miscalibration before recalibration (0.24206), whose residuals
 * have the opposite sign of its predictions.
 */
const VALUES: ReadonlyArray<readonly [what: string, actual: number, expected: number, digits: number]> = [
  ['Torch-Uncertainty: Brier', metrics.brierScore(TWO, [0, 1]), 0.13, 12],
  [
    'Torch-Uncertainty: area under the risk-coverage curve',
    metrics.areaUnderRiskCoverage(three.confidence, three.correct, {rule: 'trapezoid'}),
    0.0833,
    4,
  ],
  // Errors 0, 0, 1 of 3: trapezoids (0 + 0)/2 and (0 + 1/3)/2, over two steps.
  [
    'Torch-Uncertainty: generalized, the same predictions',
    metrics.areaUnderGeneralizedRiskCoverage(three.confidence, three.correct, {rule: 'trapezoid'}),
    1 / 12,
    12,
  ],
  ['F8: risk at 80% coverage', metrics.riskAtCoverage(confidence, correct), 3 / 7, 12],
  ['TensorFlow Probability: reliability of F8', decomposition.reliability + decomposition.withinVariance, 0.147925, 9],
  [
    'TensorFlow Probability: three terms of F8, which are not the Brier score',
    decomposition.uncertainty - decomposition.resolution + decomposition.reliability + decomposition.withinVariance,
    0.585425,
    9,
  ],
  ...[0.28875, 0.165, 0.19625].map((value, k) => [`class ${k} of F8, 10 bins`, classError(k, 10), value, 9] as const),
  ...[0.17625, 0.165, 0.14625].map((value, k) => [`class ${k} of F8, 5 bins`, classError(k, 5), value, 9] as const),
  [
    'the oracle of F8',
    metrics.areaUnderRiskCoverage(confidence, correct) - metrics.excessAreaUnderRiskCoverage(confidence, correct),
    0.1034226,
    7,
  ],
  ['U3: coverage at 0.5', metrics.predictionIntervalCoverage(ends(-1), ends(1), U3.targets), 0, 12],
  ['U3: width at 0.5', metrics.predictionIntervalWidth(ends(-1), ends(1)), 0.7194557, 7],
  ['U3: interval score at 0.5', metrics.intervalScore(ends(-1), ends(1), U3.targets, level), 2.6138776, 7],
];

describe('reference values', () => {
  for (const [what, actual, expected, digits] of VALUES) {
    it(what, () => {
      expect(actual).to.be.a('number');
      closeTo(actual, expected, {rtol: 0, atol: 0.51 * 10 ** -digits});
    });
  }
});

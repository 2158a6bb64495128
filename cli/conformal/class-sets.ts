import {
  type ConformityScore,
  classConformalQuantiles,
  clusteredConformalQuantiles,
  conformalQuantile,
  conformalSets,
  conformityScores,
  type PredictionSets,
  type SetThresholds,
  setMembers,
} from '../../src/calibration/index.ts';
import {DataError} from '../../src/errors.ts';
import {coverageGap, setCoverage, setSize, sizeStratifiedCoverage} from '../../src/metrics/index.ts';
import {createRng} from '../../src/random/index.ts';
import {csvColumns} from '../output/csv-text.ts';
import type {ClassFile, Labelled} from '../read/predictions.ts';
import type {Conformal, ConformalRequest} from './conformal-result.ts';

/** Names of the methods for classes, the default first. */
export const setMethods = ['lac', 'aps', 'raps', 'saps', 'margin'] as const satisfies readonly ConformityScore[];

/** Prediction sets for new rows, from a threshold on held-out ones. */
export function classSets(
  fit: Labelled<ClassFile>,
  apply: ClassFile,
  score: ConformityScore,
  {level, by, seed, classes: names}: ConformalRequest,
): Conformal {
  const classes = fit.probs.shape[1];
  if (apply.probs.shape[1] !== classes) {
    throw new DataError(
      `conformal: expected as many classes in both files, got ${classes} and ${apply.probs.shape[1]}. Use predictions of one model.`,
    );
  }
  const rule = (tag: string) => ({score, ...(seed === undefined ? {} : {rng: createRng(seed).fork(tag)})});
  const scores = conformityScores(fit.probs, fit.truth, rule('fit'));
  const thresholds = findThresholds(scores, fit.truth, classes, level, by);
  const sets = conformalSets(apply.probs, thresholds, rule('apply'));
  const sizes = setMembers(sets).map((members) => members.length);
  const shown = setMembers(sets).map((members) => members.map((k) => names?.[k] ?? String(k)).join(' '));
  return {
    method: score,
    level,
    calibrated: fit.rows,
    threshold:
      typeof thresholds === 'number' ? thresholds : Array.from('perClass' in thresholds ? thresholds.perClass : []),
    scores: {meanSize: setSize(sets), ...(apply.truth === undefined ? {} : coverageScores(sets, apply.truth, level))},
    csv: csvColumns({set: shown, size: sizes, ...(apply.truth && {label: apply.truth})}),
  };
}

function findThresholds(
  scores: Float64Array,
  labels: Float64Array,
  classes: number,
  level: number,
  by: ConformalRequest['by'],
): SetThresholds {
  if (by === 'class') return {perClass: classConformalQuantiles(scores, labels, {classes, level})};
  if (by === 'cluster') return {perClass: clusteredConformalQuantiles(scores, labels, {classes, level}).perClass};
  return conformalQuantile(scores, {level});
}

function coverageScores(sets: PredictionSets, labels: Float64Array, level: number): {[name: string]: number} {
  const classes = sets.shape[1];
  const strata: Array<[number, number]> = [
    [0, 1],
    [2, 3],
    [4, 10],
    [11, Math.max(11, classes)],
  ];
  return {
    coverage: setCoverage(sets, labels),
    coverageGap: coverageGap(sets, labels, {level}),
    sizeStratifiedViolation: sizeStratifiedCoverage(sets, labels, {level, strata}).violation,
  };
}

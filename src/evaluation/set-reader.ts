import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Predictive} from '../predictive/index.ts';
import {classificationScores, classificationTest} from './classification.ts';
import {
  type ClassPredictive,
  collectLabelled,
  collectMoments,
  collectProbabilities,
  collectTargeted,
  isClassPredictive,
  type NumberPredictive,
} from './collect.ts';
import type {
  ClassificationScores,
  ClassificationTest,
  OodScore,
  RegressionScores,
  RegressionTest,
} from './evaluation.ts';
import {classifierOodScores, regressionOodScores} from './ood.ts';
import type {ClassProbabilities, LabelledProbabilities, Moments, TargetedMoments} from './predictions.ts';
import {regressionScores, regressionTest} from './regression.ts';

/** How the sets of one kind of problem are read and judged. */
export interface SetReader<Labelled extends Plain, Plain, Test, Scores> {
  /** Predictions beside what is true. */
  labelled(predictive: Predictive, y: tf.Tensor): Promise<Labelled>;
  /** Predictions alone. */
  plain(predictive: Predictive): Promise<Plain>;
  /** Everything about the test set. */
  test(labelled: Labelled): Test;
  /** The scores alone. */
  scores(labelled: Labelled): Scores;
  /** Number of examples or targets judged. */
  count(labelled: Labelled): number;
  /** How foreign each input looks. */
  foreignness(plain: Plain): ArrayLike<number>;
}

/** Settings that readers share. */
interface ReaderOptions {
  /** How many of the most and least certain examples to name. */
  readonly extremes: number;
  /** What tells foreign inputs apart. */
  readonly oodScore: OodScore;
}

/** Reads and judges predictions over classes. */
export function classReader(
  likelihood: Likelihood,
  {bins, extremes, oodScore}: ReaderOptions & {readonly bins: number},
): SetReader<LabelledProbabilities, ClassProbabilities, ClassificationTest, ClassificationScores> {
  return {
    labelled: async (predictive, y) => collectLabelled(asClasses(predictive), likelihood, y),
    plain: async (predictive) => collectProbabilities(asClasses(predictive)),
    test: (labelled) => classificationTest(labelled, bins, extremes),
    scores: (labelled) => classificationScores(labelled, bins),
    count: ({labels}) => labels.length,
    foreignness: (plain) => classifierOodScores(plain, oodScore),
  };
}

/** Reads and judges predictions of numbers. */
export function numberReader({
  extremes,
  oodScore,
}: ReaderOptions): SetReader<TargetedMoments, Moments, RegressionTest, RegressionScores> {
  return {
    labelled: async (predictive, y) => collectTargeted(asNumbers(predictive), y),
    plain: async (predictive) => collectMoments(asNumbers(predictive)),
    test: (labelled) => regressionTest(labelled, extremes),
    scores: regressionScores,
    count: ({targets}) => targets.length,
    foreignness: (plain) => regressionOodScores(plain, oodScore),
  };
}

function asClasses(predictive: Predictive): ClassPredictive {
  if (isClassPredictive(predictive)) return predictive;
  throw changedKind(predictive.kind);
}

function asNumbers(predictive: Predictive): NumberPredictive {
  if (!isClassPredictive(predictive)) return predictive;
  throw changedKind(predictive.kind);
}

function changedKind(kind: string): ConfigError {
  return new ConfigError(
    `evaluate: expected predictions of one kind on all sets, got '${kind}' after another. Evaluate the sets apart.`,
  );
}

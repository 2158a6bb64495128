import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Predictive} from '../predictive/index.ts';
import {classificationScores, classificationTest} from './classification.ts';
import {classificationDetails} from './classification-details.ts';
import {
  type ClassPredictive,
  collectLabelled,
  collectMoments,
  collectProbabilities,
  collectTargeted,
  isClassPredictive,
  type NumberPredictive,
} from './collect.ts';
import type {ClassificationTest, OodScore, RegressionTest} from './evaluation.ts';
import type {Judgement} from './judge-options.ts';
import {classifierOodScores, regressionOodScores} from './ood.ts';
import type {ClassProbabilities, LabelledProbabilities, Moments, TargetedMoments} from './predictions.ts';
import {regressionScores, regressionTest} from './regression.ts';
import {regressionDetails} from './regression-details.ts';
import type {ClassificationScores, RegressionScores, ScoreGroups} from './scores.ts';
import {mean} from './summary.ts';

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
  /** Further scores by group; none where they were not asked for. */
  details(labelled: Labelled): ScoreGroups | undefined;
  /** Number of examples or targets judged. */
  count(labelled: Labelled): number;
  /** How foreign each input looks by a score; undefined where such predictions have none. */
  foreignness(plain: Plain, score: OodScore): ArrayLike<number> | undefined;
  /** Means of the parts of the doubt, where they are known. */
  doubt(plain: Plain): {aleatoric: number; epistemic: number} | undefined;
}

/** Reads and judges predictions over classes. */
export function classReader(
  likelihood: Likelihood,
  judgement: Judgement,
): SetReader<LabelledProbabilities, ClassProbabilities, ClassificationTest, ClassificationScores> {
  return {
    labelled: async (predictive, y) => collectLabelled(asClasses(predictive), likelihood, y),
    plain: async (predictive) => collectProbabilities(asClasses(predictive)),
    test: (labelled) => classificationTest(labelled, judgement),
    scores: (labelled) => classificationScores(labelled, judgement.bins),
    details: (labelled) => (judgement.details ? classificationDetails(labelled, judgement) : undefined),
    count: ({labels}) => labels.length,
    foreignness: classifierOodScores,
    doubt: ({entropy}) => entropy && {aleatoric: mean(entropy.aleatoric), epistemic: mean(entropy.epistemic)},
  };
}

/** Reads and judges predictions of numbers. */
export function numberReader(
  judgement: Judgement,
): SetReader<TargetedMoments, Moments, RegressionTest, RegressionScores> {
  return {
    labelled: async (predictive, y) => collectTargeted(asNumbers(predictive), y),
    plain: async (predictive) => collectMoments(asNumbers(predictive)),
    test: (labelled) => regressionTest(labelled, judgement),
    scores: regressionScores,
    details: (labelled) => (judgement.details ? regressionDetails(labelled) : undefined),
    count: ({targets}) => targets.length,
    foreignness: regressionOodScores,
    doubt: ({parts}) => parts && {aleatoric: mean(parts.aleatoric), epistemic: mean(parts.epistemic)},
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

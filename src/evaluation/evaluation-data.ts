import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../errors.ts';
import {countInputs, type Inputs} from '../models/inputs.ts';

/** Inputs with what is true of them. */
export interface LabelledSet {
  /** Inputs of the model. */
  readonly x: Inputs;
  /** What `fit` takes: integer labels [N], one-hot rows [N, K], or numbers [N, C]; [N] too where C is 1. */
  readonly y: tf.Tensor | ArrayLike<number>;
}

/** Inputs unlike those that the model was made for. */
export interface OodSet {
  /** What they are. */
  readonly name: string;
  /** The inputs. */
  readonly x: Inputs;
}

/** What a posterior is judged on. */
export interface EvaluationData {
  /** Test set. */
  readonly test: LabelledSet;
  /** Test sets that were shifted or corrupted. */
  readonly shift?: ReadonlyArray<
    LabelledSet & {
      /** Kind of shift, such as the name of a corruption. */
      readonly name: string;
      /** How strong the shift is, to tell sets of one name apart. Default: none. */
      readonly level?: number;
    }
  >;
  /**
   * Labelled rows that neither training nor the test set saw: fits the calibration of `recalibration` on them and judges again
   * with it.
   */
  readonly calibration?: LabelledSet;
  /** Foreign inputs, without labels. */
  readonly ood?: OodSet | readonly OodSet[];
}

/** The sets in the order of their judgement, and whom to tell when one is done. */
export interface Plan {
  /** Shifted sets. */
  readonly shift: NonNullable<EvaluationData['shift']>;
  /** Foreign sets. */
  readonly ood: readonly OodSet[];
  /** Counts one set more as done. */
  readonly done: (name: string) => void;
}

/** Checks the sets and their names. */
export function planSets(
  {test, shift = [], ood = [], calibration}: EvaluationData,
  onProgress?: (done: number, total: number, name: string) => void,
): Plan {
  const foreign: readonly OodSet[] = 'x' in ood ? [ood] : ood;
  const shifted = shift.map(({name, level}) => (level === undefined ? name : `${name} ${level}`));
  checkNotEmpty('the test set', test.x);
  if (calibration !== undefined) checkNotEmpty('the calibration set', calibration.x);
  for (const [i, {x}] of shift.entries()) checkNotEmpty(`the shifted set '${shifted[i]}'`, x);
  for (const {name, x} of foreign) checkNotEmpty(`the ood set '${name}'`, x);
  const keys = [...shifted, ...foreign.map(({name}) => name)];
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) {
    throw new ConfigError(
      `evaluate: expected shift and ood sets with distinct names or levels, got '${twice}' twice. Rename one.`,
    );
  }
  let count = 0;
  const total = 1 + keys.length + (calibration === undefined ? 0 : 1);
  return {shift, ood: foreign, done: (name) => onProgress?.(++count, total, name)};
}

function checkNotEmpty(what: string, x: Inputs): void {
  if (countInputs(x, 'evaluate') > 0) return;
  throw new DataError(`evaluate: expected at least one example in ${what}, got none. Give every set some inputs.`);
}

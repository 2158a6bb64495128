import type {Posterior} from '../posterior/posterior.ts';
import {type RowSketch, sharedRows, sketchRows} from '../posterior/row-sketch.ts';
import {warn} from '../warn.ts';
import type {EvaluationData} from './evaluation-data.ts';

/** Warns where the test set holds rows that a calibration is or was fitted on: what is measured there flatters. */
export async function warnOfSharedRows(posterior: Posterior, {test, calibration}: EvaluationData): Promise<void> {
  const fitted = (posterior as {calibration?: {rows?: RowSketch}}).calibration?.rows;
  if (fitted === undefined && calibration === undefined) return;
  const own = await sketchRows(test.x, 'evaluate');
  const tell = (shared: number, of: string): void => {
    if (shared === 0) return;
    warn(
      `evaluate: about ${shared} of ${own.count} test examples are among ${of}, so that the scores flatter. Calibrate on rows that are ` +
        'not in the test set.',
    );
  };
  if (fitted !== undefined) tell(sharedRows(own, fitted), 'those that the calibration was fitted on');
  if (calibration !== undefined) {
    tell(sharedRows(own, await sketchRows(calibration.x, 'evaluate')), 'the calibration rows');
  }
}

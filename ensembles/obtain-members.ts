import type * as tf from '@tensorflow/tfjs-core';
import {DataError} from '../src/errors.ts';
import {readWeights} from '../src/models/index.ts';
import type {Checkpoints} from './checkpoints.ts';
import {type EnsembleRun, reportProgress, trainHere} from './ensemble-run.ts';
import {type SideBySide, trainSideBySide} from './parallel/side-by-side.ts';

/** Fills `members` with weights, from their checkpoints or from training. */
export async function obtainMembers(
  run: EnsembleRun,
  store: Checkpoints | undefined,
  members: tf.Tensor[][],
): Promise<void> {
  const missing: number[] = [];
  for (let member = 0; member < run.size; member++) {
    const found = await store?.load(member);
    if (found === undefined) missing.push(member);
    else {
      members[member] = found;
      await reportProgress(run, member, {epoch: run.fitOptions.epochs, resumed: true, logs: {}});
    }
  }
  const side = await trainSideBySide(run, missing);
  try {
    await trainEach(missing, {here: (member) => trainHere(run, member), side}, async (member, weights) => {
      members[member] = weights;
      await checkFinite(weights, member);
      await store?.save(member, weights);
    });
  } finally {
    await side?.close();
  }
}

interface Trainers {
  readonly here: (member: number) => Promise<tf.Tensor[]>;
  readonly side: SideBySide | undefined;
}

/**
 * Trains several members at once, one of them here. Each thread has a member from the start, and gives it back if it cannot train
 * it. The first failure lets nothing new begin, and is thrown at the end.
 */
async function trainEach(
  members: readonly number[],
  {here, side}: Trainers,
  done: (member: number, weights: tf.Tensor[]) => Promise<void>,
): Promise<void> {
  const waiting = [...members];
  const failures: unknown[] = [];
  const lane = async (train: SideBySide['train']): Promise<void> => {
    for (let member = waiting.shift(); member !== undefined && failures.length === 0; member = waiting.shift()) {
      try {
        const weights = await train(member);
        if (weights === undefined) {
          waiting.unshift(member);
          return;
        }
        await done(member, weights);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all([lane(here), ...Array.from({length: side?.threads ?? 0}, () => lane(async (m) => side?.train(m)))]);
  await lane(here);
  if (failures.length > 0) throw failures[0];
}

async function checkFinite(weights: readonly tf.Tensor[], member: number): Promise<void> {
  const values = await readWeights(weights);
  if (values.every((value) => Number.isFinite(value))) return;
  throw new DataError(
    `deepEnsemble.fit: expected finite weights after training member ${member}, got NaN or infinities. ` +
      'Look for them in x and y, or lower the learning rate.',
  );
}

import {joinArrays} from '../read/concatenate.ts';
import type {Predictions} from '../read/predictions.ts';
import {predictionBatches, type ReadOptions} from '../read/read-predictions.ts';
import {exampleLosses, type Losses} from '../scores/losses.ts';

/** A file with the losses of each row. */
export interface Charged {
  readonly path: string;
  readonly kind: Predictions['kind'];
  readonly truth: Float64Array;
  readonly losses: Losses;
}

/** Reads the losses of the rows of a file, batch by batch. */
export async function readLosses(path: string, reading: ReadOptions): Promise<Charged> {
  const truths: Float64Array[] = [];
  const parts = new Map<string, Float64Array[]>();
  let kind: Predictions['kind'] = 'classification';
  for await (const batch of predictionBatches(path, reading, true)) {
    kind = batch.kind;
    truths.push(batch.truth);
    for (const [name, losses] of Object.entries(exampleLosses(batch))) {
      parts.set(name, [...(parts.get(name) ?? []), losses]);
    }
  }
  const losses = Object.fromEntries([...parts].map(([name, arrays]) => [name, joinArrays(arrays)]));
  return {path, kind, truth: joinArrays(truths), losses};
}

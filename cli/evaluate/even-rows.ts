import {concatenate} from '../read/concatenate.ts';
import type {Labelled, Predictions} from '../read/predictions.ts';
import {takeRows} from '../read/take-rows.ts';

const MOST = 20_000;

/** Keeps rows that are evenly spread over a stream of unknown length. */
export function evenRows(most = MOST): {add(batch: Labelled): void; rows(): Labelled} {
  let step = 1;
  let seen = 0;
  let kept: Predictions[] = [];
  let count = 0;
  return {
    add(batch) {
      const rows: number[] = [];
      for (let row = (step - (seen % step)) % step; row < batch.rows; row += step) rows.push(row);
      seen += batch.rows;
      if (rows.length === 0) return;
      kept.push(takeRows(batch, rows));
      count += rows.length;
      while (count > most) {
        step *= 2;
        const all = concatenate(kept);
        kept = [
          takeRows(
            all,
            Array.from({length: Math.ceil(count / 2)}, (_, i) => 2 * i),
          ),
        ];
        count = Math.ceil(count / 2);
      }
    },
    rows: () => concatenate(kept) as Labelled,
  };
}

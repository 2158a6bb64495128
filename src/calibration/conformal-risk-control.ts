import {ConfigError, DataError} from '../errors.ts';
import {denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {checkFinite} from './inputs.ts';

/** What {@link conformalRiskControl} returns. */
export interface RiskControl {
  /** Which threshold to use: a column of the losses. */
  readonly index: number;
  /** Mean loss of the held-out examples at it. */
  readonly risk: number;
}

/**
 * Conformal risk control: the least careful threshold whose expected loss on a new example is at most `risk`.
 *
 * The first column lambda with (N mean_i losses_(i, lambda) + bound) / (N + 1) <= risk. If an example's losses never rise along
 * the columns, and data are exchangeable, the expected loss of a new example is at most `risk` (Angelopoulos et al. 2024). With the
 * loss 1 for "label outside the set" it is conformal prediction; others are the share of a lesion missed, or false negatives.
 *
 * @param losses Loss of each held-out example at each threshold [N, L], from the least to the most careful threshold.
 * @param options Named options.
 * @param options.risk The expected loss to stay below.
 * @param options.bound The largest loss there can be; 1 by default.
 * @throws DataError for losses that are not finite, above the bound or rising along a row, or where no column is careful enough.
 * @throws ConfigError for a risk or bound that is not above 0 and finite.
 *
 * @example
 * ```ts
 * import {conformalRiskControl} from 'tfjs-bayes';
 * const losses = Array.from({length: 19}, (_, i) => [1, i < 8 ? 1 : 0, i < 1 ? 1 : 0]);
 * console.log(conformalRiskControl(losses, {risk: 0.1})); // the third threshold: (1 + 1) / 20 <= 0.1
 * ```
 */
export function conformalRiskControl(
  losses: MatrixLike,
  {risk, bound = 1}: {risk: number; bound?: number},
): RiskControl {
  const caller = 'conformalRiskControl';
  if (!(risk > 0 && risk < Infinity && bound > 0 && bound < Infinity)) {
    throw new ConfigError(
      `${caller}: expected a risk and a bound above 0, got ${risk} and ${bound}. Pass the mean loss to stay below, such as 0.1.`,
    );
  }
  const matrix = denseMatrix(caller, 'losses', losses);
  checkFinite(caller, 'losses', matrix);
  const {data, rows, columns} = matrix;
  data.forEach((loss: number, at: number) => {
    const rises = at % columns > 0 && loss > (data[at - 1] as number);
    if (!rises && loss <= bound) return;
    throw new DataError(
      `${caller}: expected losses of at most ${bound} that never rise along a row, got ${loss} in row ` +
        `${Math.floor(at / columns)}, column ${at % columns}. Order thresholds from the least to the most careful.`,
    );
  });
  for (let index = 0; index < columns; index++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += data[i * columns + index] as number;
    if ((sum + bound) / (rows + 1) <= risk * (1 + 1e-12)) return {index, risk: sum / rows};
  }
  throw new DataError(
    `${caller}: expected a threshold whose risk is at most ${risk} with ${rows} examples, got none. Add more careful thresholds ` +
      'or more examples, or accept a higher risk.',
  );
}

import {pooled} from './chains.ts';
import {type Draws, scalarChains} from './draws.ts';
import {bulkEss, tailEss} from './effective-sample-size.ts';
import {moments} from './moments.ts';
import {drawsQuantile, mcseMean} from './monte-carlo-error.ts';
import {rHat} from './r-hat.ts';

/** One row of {@link summarizeDraws}: one number of one parameter. */
export interface DrawsSummary {
  /** The number's name, `'tau'` or `'theta[2]'`, counted from 0. */
  readonly name: string;
  /** Mean of all draws. */
  readonly mean: number;
  /** Standard deviation of all draws. */
  readonly sd: number;
  /** The 5% quantile. */
  readonly q05: number;
  /** The median. */
  readonly median: number;
  /** The 95% quantile. */
  readonly q95: number;
  /** Monte-Carlo standard error of the mean. */
  readonly mcse: number;
  /** Effective sample size in the bulk. */
  readonly bulkEss: number;
  /** Effective sample size in the tails. */
  readonly tailEss: number;
  /** Rank-normalized split R-hat; above 1.01 the chains have not mixed. */
  readonly rHat: number;
}

/**
 * Mean, sd, quantiles, Monte-Carlo error, effective sample sizes and R-hat of every number in the draws.
 *
 * @param draws what a sampler returned.
 *
 * @throws ShapeError if the chains have fewer than 8 draws.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {summarizeDraws} from 'tfjs-bayes/inference';
 * const draws = {chains: 4, draws: 500, parameters: {mu: {shape: [], values: createRng(1).normals(2000)}}};
 * console.log(summarizeDraws(draws)[0]?.name);   // mu
 * ```
 */
export function summarizeDraws(draws: Draws): DrawsSummary[] {
  return Array.from(scalarChains(draws), ([name, chains]) => {
    const {mean, variance} = moments(pooled(chains));
    return {
      name,
      mean,
      sd: Math.sqrt(variance),
      q05: drawsQuantile(chains, 0.05),
      median: drawsQuantile(chains, 0.5),
      q95: drawsQuantile(chains, 0.95),
      mcse: mcseMean(chains),
      bulkEss: bulkEss(chains),
      tailEss: tailEss(chains),
      rHat: rHat(chains),
    };
  });
}

/**
 * The rows of {@link summarizeDraws} as an aligned table in plain text.
 *
 * @param rows what `summarizeDraws` returned.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {formatSummary, summarizeDraws} from 'tfjs-bayes/inference';
 * const draws = {chains: 4, draws: 500, parameters: {mu: {shape: [], values: createRng(1).normals(2000)}}};
 * console.log(formatSummary(summarizeDraws(draws)));
 * ```
 */
export function formatSummary(rows: readonly DrawsSummary[]): string {
  const heads = ['', 'mean', 'sd', '5%', '50%', '95%', 'mcse', 'bulk ESS', 'tail ESS', 'R-hat'];
  const cells = rows.map((row) => [
    row.name,
    ...[row.mean, row.sd, row.q05, row.median, row.q95, row.mcse].map((value) => value.toPrecision(4)),
    row.bulkEss.toFixed(0),
    row.tailEss.toFixed(0),
    row.rHat.toFixed(4),
  ]);
  const table = [heads, ...cells];
  const widths = heads.map((_, column) => Math.max(...table.map((line) => (line[column] as string).length)));
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
        )
        .join('  '),
    )
    .join('\n');
}

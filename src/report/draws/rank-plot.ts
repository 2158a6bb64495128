import type {TopLevelSpec} from 'vega-lite';
import type {Draws} from '../../diagnostics/draws.ts';
import {rankNormalize} from '../../diagnostics/rank-normalize.ts';
import {normalCdf} from '../../special/index.ts';
import {colour, seriesColour} from '../palette.ts';
import {renderSvg} from '../svg.ts';
import {chooseScalars, type DrawsPlotOptions} from './choose-scalars.ts';

const ROOM = 6;
const BINS = 20;

/**
 * How the ranks of each chain's draws among all draws are spread, as SVG: one line of 20 bins for each chain, 1 where a bin holds the
 * share that it should. Chains that explore the same distribution stay near 1; one that lingers elsewhere leans to a side (Vehtari,
 * Gelman, Simpson, Carpenter and Bürkner, 2021).
 *
 * @param draws what a sampler returned.
 * @param options which numbers, by default the first 6.
 * @param options.parameters names of numbers or parameters.
 *
 * @throws ConfigError for a name that the draws do not have.
 *
 * @example
 * ```ts
 * import {createRng, rankPlot} from 'tfjs-bayes';
 * const draws = {chains: 4, draws: 100, parameters: {mu: {shape: [], values: createRng(1).normals(400)}}};
 * const svg = await rankPlot(draws);
 * console.log(svg.startsWith('<svg'));   // true
 * ```
 */
export function rankPlot(draws: Draws, {parameters}: DrawsPlotOptions = {}): Promise<string> {
  const chosen = chooseScalars(draws, parameters, {room: ROOM, caller: 'rankPlot'});
  const even = {
    data: {values: [{share: 1}]},
    mark: {type: 'rule' as const, color: colour('ink'), strokeDash: [4, 3], strokeWidth: 1},
    encoding: {y: {field: 'share', type: 'quantitative' as const}},
  };
  const spec: TopLevelSpec = {
    columns: 3,
    concat: chosen.map(({name, chains}) => ({
      width: 160,
      height: 110,
      layer: [
        ...rankNormalize(chains).map((scores, c) => ({
          data: {values: steps(scores)},
          mark: {
            type: 'line' as const,
            interpolate: 'step-after' as const,
            color: seriesColour(c),
            strokeWidth: 1.2,
            opacity: 0.8,
          },
          encoding: {
            x: {
              field: 'rank',
              type: 'quantitative' as const,
              title: `rank of ${name}`,
              axis: {format: '%', tickCount: 3},
            },
            y: {field: 'share', type: 'quantitative' as const, title: null, axis: {tickCount: 3}},
          },
        })),
        even,
      ],
    })),
  };
  return renderSvg(spec, `Ranks of ${draws.chains} chains: ${chosen.map(({name}) => name).join(', ')}`);
}

/** What share of the scores falls into each bin of ranks, 1 being the even one; the last one twice, where its step ends. */
function steps(scores: Float64Array): {rank: number; share: number}[] {
  const counts = new Float64Array(BINS);
  for (const score of scores) {
    const bin = Math.min(BINS - 1, Math.floor(normalCdf(score) * BINS));
    counts[bin] = (counts[bin] as number) + BINS / scores.length;
  }
  return [...counts, counts[BINS - 1] as number].map((share, bin) => ({rank: bin / BINS, share}));
}

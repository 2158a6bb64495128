import type {TopLevelSpec} from 'vega-lite';
import type {Draws} from '../../diagnostics/draws.ts';
import {seriesColour} from '../palette.ts';
import {renderSvg} from '../svg.ts';
import {chooseScalars, type DrawsPlotOptions, evenlySpaced} from './choose-scalars.ts';

const ROOM = 6;
/** Points of one line: more than a line has pixels say nothing. */
const POINTS = 400;

/**
 * The draws of each chain in the order in which they came, as SVG: chains that have mixed lie on one another and forget quickly.
 *
 * At most 400 evenly spaced draws of a chain are drawn.
 *
 * @param draws what a sampler returned.
 * @param options which numbers, by default the first 6.
 * @param options.parameters names of numbers or parameters.
 *
 * @throws ConfigError for a name that the draws do not have.
 *
 * @example
 * ```ts
 * import {createRng, tracePlot} from 'tfjs-bayes';
 * const draws = {chains: 4, draws: 100, parameters: {mu: {shape: [], values: createRng(1).normals(400)}}};
 * const svg = await tracePlot(draws);
 * console.log(svg.startsWith('<svg'));   // true
 * ```
 */
export function tracePlot(draws: Draws, {parameters}: DrawsPlotOptions = {}): Promise<string> {
  const chosen = chooseScalars(draws, parameters, {room: ROOM, caller: 'tracePlot'});
  const kept = evenlySpaced(draws.draws, POINTS);
  const spec: TopLevelSpec = {
    vconcat: chosen.map(({name, chains}) => ({
      width: 520,
      height: 90,
      layer: chains.map((series, c) => ({
        data: {values: kept.map((t) => ({draw: t, value: series[t] as number}))},
        mark: {type: 'line' as const, color: seriesColour(c), strokeWidth: 0.8, opacity: 0.7},
        encoding: {
          x: {field: 'draw', type: 'quantitative' as const, title: null, axis: {grid: false}, scale: {nice: false}},
          y: {field: 'value', type: 'quantitative' as const, title: name, scale: {zero: false}, axis: {tickCount: 3}},
        },
      })),
    })),
  };
  return renderSvg(spec, `Traces of ${draws.chains} chains: ${chosen.map(({name}) => name).join(', ')}`);
}

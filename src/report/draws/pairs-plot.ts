import type {TopLevelSpec} from 'vega-lite';
import type {Draws} from '../../diagnostics/draws.ts';
import {colour} from '../palette.ts';
import {renderSvg} from '../svg.ts';
import {chooseScalars, type DrawsPlotOptions, evenlySpaced, type NamedChains} from './choose-scalars.ts';

const ROOM = 4;
const POINTS = 800;
const SIDE = 130;

/** Where a draw stands. */
export interface DrawPlace {
  /** The chain. */
  readonly chain: number;
  /** The draw, counted from 0 after warm-up. */
  readonly draw: number;
}

/** What {@link pairsPlot} shows. */
export interface PairsPlotOptions extends DrawsPlotOptions {
  /** Draws that diverged, as `statistics.divergences` of a sampler lists them: marked in another colour. */
  readonly divergences?: readonly DrawPlace[];
}

/**
 * Two numbers of the draws against each other, for each pair, and the histogram of each, as SVG: shows correlation, funnels and several
 * modes, and where divergent transitions gather.
 *
 * At most 800 evenly spaced draws are drawn, and every divergent one.
 *
 * @param draws what a sampler returned.
 * @param options which numbers, by default the first 4, and which draws diverged.
 * @param options.parameters names of numbers or parameters.
 * @param options.divergences the chain and draw of each divergent transition.
 *
 * @throws ConfigError for a name that the draws do not have.
 *
 * @example
 * ```ts
 * import {createRng, pairsPlot} from 'tfjs-bayes';
 * const draws = {chains: 4, draws: 100, parameters: {theta: {shape: [2], values: createRng(1).normals(800)}}};
 * const svg = await pairsPlot(draws, {divergences: [{chain: 0, draw: 3}]});
 * console.log(svg.startsWith('<svg'));   // true
 * ```
 */
export function pairsPlot(draws: Draws, {parameters, divergences = []}: PairsPlotOptions = {}): Promise<string> {
  const chosen = chooseScalars(draws, parameters, {room: ROOM, caller: 'pairsPlot'});
  const kept = evenlySpaced(draws.chains * draws.draws, POINTS).map((i) => ({
    chain: Math.floor(i / draws.draws),
    draw: i % draws.draws,
  }));
  const spec: TopLevelSpec = {
    vconcat: chosen.map((row, r) => ({
      hconcat: chosen.slice(0, r + 1).map((column) => ({
        width: SIDE,
        height: SIDE,
        ...(column === row ? histogram(row) : scatter(column, row, kept, divergences)),
      })),
    })),
  };
  return renderSvg(spec, `Pairs of draws: ${chosen.map(({name}) => name).join(', ')}`);
}

function histogram({name, chains}: NamedChains) {
  return {
    data: {values: chains.flatMap((series) => Array.from(series, (value) => ({value})))},
    mark: {type: 'bar' as const, color: colour('series-1'), opacity: 0.8},
    encoding: {
      x: {field: 'value', bin: {maxbins: 20}, title: name, axis: {grid: false, tickCount: 3}},
      y: {aggregate: 'count' as const, title: null, axis: null},
    },
  };
}

function scatter(across: NamedChains, up: NamedChains, kept: readonly DrawPlace[], divergences: readonly DrawPlace[]) {
  const points = (places: readonly DrawPlace[]) =>
    places.map(({chain, draw}) => ({x: across.chains[chain]?.[draw] ?? null, y: up.chains[chain]?.[draw] ?? null}));
  const axis = (field: 'x' | 'y', {name}: NamedChains) => ({
    field,
    type: 'quantitative' as const,
    title: name,
    scale: {zero: false},
    axis: {grid: false, tickCount: 3},
  });
  const layer = (places: readonly DrawPlace[], fill: 'series-1' | 'series-2', size: number, opacity: number) => ({
    data: {values: points(places)},
    mark: {type: 'circle' as const, size, color: colour(fill), opacity},
    encoding: {x: axis('x', across), y: axis('y', up)},
  });
  return {layer: [layer(kept, 'series-1', 8, 0.35), layer(divergences, 'series-2', 24, 1)]};
}

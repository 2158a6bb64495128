import {seriesColour, seriesDash} from '../../src/report/palette.ts';
import {type Picture, picture} from './picture.ts';

/** What a plot of lines looks like. */
export interface LinesOptions {
  /** Titles of the two axes. */
  readonly x: string;
  readonly y: string;
  /** The picture in words. */
  readonly label: string;
  /** Draws the diagonal on axes from 0 to 1: where a stated and an observed share agree. Default false. */
  readonly diagonal?: boolean;
}

/** Draws one line for each name, through the points [x, y]. */
export function lines(
  series: Record<string, readonly (readonly [number, number])[]>,
  {x, y, label, diagonal = false}: LinesOptions,
): Promise<Picture> {
  const names = Object.keys(series);
  const values = names.flatMap((name) => (series[name] ?? []).map(([x, y]) => ({name, x, y})));
  const scale = diagonal ? {domain: [0, 1]} : {zero: false};
  const axes = {
    x: {field: 'x', type: 'quantitative' as const, title: x, scale, axis: {grid: false, tickCount: 6}},
    y: {field: 'y', type: 'quantitative' as const, title: y, scale, axis: {tickCount: 5}},
  };
  const style = (range: readonly unknown[]) =>
    ({domain: names, range: [...range]}) as {domain: string[]; range: string[]};
  const named = {field: 'name', type: 'nominal' as const, title: null, sort: names};
  const drawn = {
    data: {values},
    mark: {type: 'line' as const, point: {size: 25, strokeDash: [0]}},
    encoding: {
      ...axes,
      color: {...named, scale: style(names.map((_, i) => seriesColour(i)))},
      strokeDash: {...named, scale: style(names.map((_, i) => seriesDash(i)))},
    },
  };
  const corner = [0, 1].map((at) => ({x: at, y: at}));
  const even = {
    data: {values: corner},
    mark: {type: 'line' as const, color: '#888', strokeWidth: 1, strokeDash: [2, 3]},
    encoding: axes,
  };
  return picture({width: 380, height: 230, layer: diagonal ? [even, drawn] : [drawn]}, label);
}

import {seriesColour} from '../../src/report/palette.ts';
import {type Picture, picture} from './picture.ts';

/** A prediction along a line: what one panel shows. */
export interface Band {
  readonly mean: ArrayLike<number>;
  /** Standard deviation that more data would remove: the dark band, of two deviations each way. */
  readonly epistemic: ArrayLike<number>;
  /** Standard deviation with the noise: the light band. */
  readonly total: ArrayLike<number>;
}

/** What all panels share. */
export interface BandsOptions {
  /** Where the predictions are. */
  readonly x: readonly number[];
  /** The data. */
  readonly points: readonly (readonly [number, number])[];
  /** Range of the vertical axis. */
  readonly range: readonly [number, number];
  /** The picture in words. */
  readonly label: string;
}

/** Draws predictions of numbers side by side: mean, epistemic band, band with noise, and the data. */
export function bands(panels: Record<string, Band>, {x, points, range, label}: BandsOptions): Promise<Picture> {
  const [from = 0, to = from] = [x[0], x.at(-1)];
  const across = {field: 'x', type: 'quantitative' as const, title: null, scale: {domain: [from, to], nice: false}};
  const upright = {type: 'quantitative' as const, title: null, scale: {domain: [...range]}, axis: {grid: false}};
  const [colour, dots] = [seriesColour(0), seriesColour(1)];
  const band = (opacity: number) => ({type: 'area' as const, clip: true, color: colour, opacity});
  return picture(
    {
      columns: 3,
      concat: Object.entries(panels).map(([title, {mean, epistemic, total}]) => {
        const at = (i: number, deviations: ArrayLike<number>, sign: number) =>
          (mean[i] ?? 0) + sign * 2 * (deviations[i] ?? 0);
        const values = x.map((value, i) => ({
          x: value,
          mean: mean[i] ?? 0,
          low: at(i, epistemic, -1),
          high: at(i, epistemic, 1),
          lowest: at(i, total, -1),
          highest: at(i, total, 1),
        }));
        const between = (low: string, high: string) => ({x: across, y: {...upright, field: low}, y2: {field: high}});
        return {
          title: {text: title, fontSize: 12},
          width: 200,
          height: 170,
          data: {values},
          layer: [
            {mark: band(0.2), encoding: between('lowest', 'highest')},
            {mark: band(0.4), encoding: between('low', 'high')},
            {
              mark: {type: 'line' as const, clip: true, color: colour},
              encoding: {x: across, y: {...upright, field: 'mean'}},
            },
            {
              data: {values: points.map(([x, y]) => ({x, y}))},
              mark: {type: 'square' as const, clip: true, color: dots, size: 9, opacity: 1},
              encoding: {x: across, y: {...upright, field: 'y'}},
            },
          ],
        };
      }),
    },
    label,
  );
}

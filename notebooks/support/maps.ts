import {seriesColour} from '../../src/report/palette.ts';
import {type Picture, picture} from './picture.ts';

const SHADES = 24;

/** A square of the plane, cut into `cells` x `cells` squares. */
export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly cells: number;
}

/** What all maps share. */
export interface MapsOptions {
  readonly grid: Grid;
  /** Points of two classes. */
  readonly points: readonly (readonly [x: number, y: number, label: number])[];
  /** Range of the colours, from light to dark. */
  readonly range: readonly [number, number];
  /** What the colours mean. */
  readonly legend: string;
  /** The picture in words. */
  readonly label: string;
}

/** The middles of the cells, row after row from the bottom: [cells * cells, 2]. */
export function gridPoints({from, to, cells}: Grid): [number, number][] {
  const middle = (i: number): number => from + ((i + 0.5) * (to - from)) / cells;
  return Array.from({length: cells * cells}, (_, i) => [middle(i % cells), middle(Math.floor(i / cells))]);
}

/** Draws one map for each name, of one number for each point of `gridPoints`, with the data on it. */
export function maps(panels: Record<string, ArrayLike<number>>, options: MapsOptions): Promise<Picture> {
  const {grid, points, range, legend, label} = options;
  const plain = {
    type: 'quantitative' as const,
    title: null,
    scale: {domain: [grid.from, grid.to], nice: false},
    axis: {grid: false, tickCount: 5},
  };
  const last = Object.keys(panels).at(-1);
  const concat = Object.entries(panels).map(([title, numbers]) => ({
    title: {text: title, fontSize: 12},
    width: 7 * grid.cells,
    height: 7 * grid.cells,
    layer: [
      {
        data: {values: runs(numbers, grid, range)},
        mark: {type: 'rect' as const, strokeWidth: 0},
        encoding: {
          x: {...plain, field: 'x'},
          x2: {field: 'x2'},
          y: {...plain, field: 'y'},
          y2: {field: 'y2'},
          color: {
            field: 'value',
            type: 'quantitative' as const,
            scale: {scheme: 'blues' as const, domain: [...range]},
            legend: title === last ? {title: legend, gradientLength: 120} : null,
          },
        },
      },
      {
        data: {values: points.map(([x, y, label]) => ({x, y, label}))},
        mark: {type: 'square' as const, size: 14, opacity: 1, stroke: 'white', strokeWidth: 0.5},
        encoding: {
          x: {...plain, field: 'x'},
          y: {...plain, field: 'y'},
          color: {
            field: 'label',
            type: 'nominal' as const,
            scale: {domain: [0, 1], range: [seriesColour(1), seriesColour(2)]},
            legend: null,
          },
        },
      },
    ],
    resolve: {scale: {color: 'independent' as const}},
  }));
  return picture({columns: 3, concat}, label);
}

/** Rows of cells as rectangles: neighbours that are alike to one part in `SHADES` are one, which keeps the picture small. */
function runs(numbers: ArrayLike<number>, {from, to, cells}: Grid, [low, high]: readonly [number, number]) {
  const edge = (i: number): number => from + (i * (to - from)) / cells;
  const shade = (i: number): number =>
    low + (Math.round(((numbers[i] ?? low) - low) * (SHADES / (high - low))) / SHADES) * (high - low);
  const rectangles: {x: number; x2: number; y: number; y2: number; value: number}[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const [value, last] = [shade(row * cells + column), rectangles.at(-1)];
      if (column > 0 && last?.value === value) last.x2 = edge(column + 1);
      else rectangles.push({x: edge(column), x2: edge(column + 1), y: edge(row), y2: edge(row + 1), value});
    }
  }
  return rectangles;
}

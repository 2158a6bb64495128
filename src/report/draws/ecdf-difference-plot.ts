import type {TopLevelSpec} from 'vega-lite';
import {ecdfBand} from '../../diagnostics/index.ts';
import {ConfigError, DataError} from '../../errors.ts';
import {colour, seriesColour, seriesDash} from '../palette.ts';
import {renderSvg} from '../svg.ts';

/** What {@link ecdfDifferencePlot} draws beside the lines. */
export interface EcdfDifferenceOptions {
  /** The probability with which a whole line of uniform numbers stays inside the band. Default 0.95. */
  readonly level?: number;
}

/**
 * The empirical distribution function of numbers that should be uniform, less that of the uniform distribution, inside its
 * simultaneous band, as SVG: what simulation-based calibration and probability integral transforms are judged by (Säilynoja,
 * Bürkner and Vehtari, 2022).
 *
 * Ranks of SBC among S draws are spread out first, (rank + u) / (S + 1) with u uniform in (0, 1). A line that leaves the band upwards on
 * the left and downwards on the right belongs to draws that are too narrow.
 *
 * @param samples numbers in [0, 1] by name, as many for each.
 * @param options the band.
 * @param options.level the simultaneous probability. Default 0.95.
 *
 * @throws ConfigError for no samples, or such as differ in length.
 * @throws DataError for a number outside [0, 1].
 *
 * @example
 * ```ts
 * import {createRng, ecdfDifferencePlot} from 'tfjs-bayes';
 * const svg = await ecdfDifferencePlot({mu: createRng(1).uniforms(200)});
 * console.log(svg.startsWith('<svg'));   // true
 * ```
 */
export function ecdfDifferencePlot(
  samples: Readonly<Record<string, ArrayLike<number>>>,
  {level = 0.95}: EcdfDifferenceOptions = {},
): Promise<string> {
  const entries = Object.entries(samples);
  const count = entries[0]?.[1].length ?? 0;
  if (count === 0 || entries.some(([, {length}]) => length !== count)) {
    throw new ConfigError(
      `ecdfDifferencePlot: expected samples of one length, got ${entries.map(([, {length}]) => length).join(', ') || 'none'}. ` +
        'Draw those of another length on their own.',
    );
  }
  const {points, lower, upper} = ecdfBand(count, {level});
  const x = {field: 'at', type: 'quantitative' as const, title: 'value', scale: {domain: [0, 1], nice: false}};
  const y = {field: 'difference', type: 'quantitative' as const, title: 'ECDF less uniform', axis: {tickCount: 5}};
  const band = Array.from(points, (at, k) => ({
    at,
    difference: (lower[k] as number) - at,
    top: (upper[k] as number) - at,
  }));
  const names = entries.map(([name]) => name);
  const colours = {
    type: 'nominal' as const,
    scale: {domain: names, range: names.map((_, series) => seriesColour(series))},
    legend: names.length > 1 ? {title: null} : null,
  };
  const spec: TopLevelSpec = {
    width: 340,
    height: 220,
    layer: [
      {
        data: {values: band},
        mark: {type: 'area', color: colour('tint'), line: false},
        encoding: {x, y, y2: {field: 'top'}},
      },
      ...entries.map(([name, values], series) => ({
        data: {values: differences(name, values, points)},
        mark: {type: 'line' as const, strokeDash: [...seriesDash(series)], strokeWidth: 1.5},
        encoding: {x, y, color: {datum: name, ...colours}},
      })),
    ],
  };
  const percent = `${(100 * level).toFixed(0)}%`;
  return renderSvg(spec, `ECDF less uniform, with its ${percent} band: ${names.join(', ')}`);
}

function differences(
  name: string,
  values: ArrayLike<number>,
  points: Float64Array,
): {at: number; difference: number}[] {
  const sorted = Float64Array.from(values).sort();
  const odd = sorted.find((value) => !(value >= 0 && value <= 1));
  if (odd !== undefined) {
    throw new DataError(
      `ecdfDifferencePlot: expected numbers in [0, 1], got ${odd} in '${name}'. Divide ranks among S draws by S + 1 first.`,
    );
  }
  let below = 0;
  const line = Array.from(points, (at) => {
    while (below < sorted.length && (sorted[below] as number) <= at) below++;
    return {at, difference: below / sorted.length - at};
  });
  return [{at: 0, difference: 0}, ...line];
}

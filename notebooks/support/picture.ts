import type {TopLevelSpec} from 'vega-lite';
import {renderSvg} from '../../src/report/svg.ts';

/** What a Deno notebook shows as a picture where it is the value of a cell. */
export interface Picture {
  readonly [display: symbol]: () => Record<`image/${string}`, string>;
}

/**
 * Draws a Vega-Lite spec as a small SVG, on white so that it can be read on a dark page too.
 *
 * @param label - the picture in words, for readers who do not see it
 */
export async function picture(spec: TopLevelSpec, label: string): Promise<Picture> {
  const svg = await renderSvg({...spec, background: 'white', padding: 8}, label);
  const rounded = (tag: string) => tag.replace(/\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1))));
  const short = svg
    .replace(/<[^>]+>/g, rounded)
    .replace(/var\(--[^,]+, ([^)]+)\)/g, '$1')
    .replace(/ (opacity="1"|stroke-width="0"|aria-hidden="true"|pointer-events="none")/g, '');
  return {[Symbol.for('Jupyter.display')]: () => ({'image/svg+xml': short})};
}

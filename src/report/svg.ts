import type {TopLevelSpec} from 'vega-lite';
import {escapeHtml} from './html.ts';
import {colour} from './palette.ts';

const font = 'system-ui, -apple-system, sans-serif';

const config: NonNullable<TopLevelSpec['config']> = {
  aria: false,
  background: 'transparent',
  font,
  view: {stroke: 'transparent'},
  axis: {
    labelColor: colour('muted'),
    labelFontSize: 11.5,
    titleColor: colour('ink'),
    titleFontSize: 12.5,
    titleFontWeight: 500,
    titlePadding: 8,
    titleLimit: 240,
    gridColor: colour('grid'),
    domainColor: colour('rule'),
    tickColor: colour('rule'),
    tickSize: 4,
    labelOverlap: true,
  },
  line: {strokeWidth: 2},
};

/**
 * Draws a Vega-Lite spec as SVG text, without a browser.
 *
 * Colours from the palette follow the page that the SVG stands in and fall back to the light ones elsewhere. Vega is
 * loaded on the first call.
 */
export async function renderSvg(spec: TopLevelSpec, label: string): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(vegaLite.compile({...spec, config}).spec), {renderer: 'none'});
  try {
    const svg = await view.toSVG();
    return svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(label)}" `);
  } finally {
    view.finalize();
  }
}

import {CURVE_POINTS, type NumberView} from '../messages.ts';
import {EXTENT} from '../points.ts';
import {niceTop} from './maps.ts';
import {describe, type Panel, SIDE} from './panel.ts';
import {pathThrough, svg} from './svg.ts';

/** Draws what is predicted along a line: the mean with its bands, and both parts of the standard deviation. */
export function drawCurves(
  view: NumberView,
  {mean, epistemic, aleatoric}: Readonly<Record<'mean' | 'epistemic' | 'aleatoric', Panel>>,
): void {
  drawMean(view, mean);
  drawDeviation(epistemic, 'Epistemic', 'more data removes it', view.epistemic, 'epistemic');
  drawDeviation(aleatoric, 'Aleatoric', 'noise that stays', view.aleatoric, 'aleatoric');
}

const across = (i: number): number => (SIDE * (2 * i + 1)) / (2 * CURVE_POINTS);
const upright = (y: number): number => (SIDE * (EXTENT - y)) / (2 * EXTENT);

function drawMean({mean, epistemic, total}: NumberView, panel: Panel): void {
  const edge = (deviation: Float32Array, sign: number) =>
    Array.from(mean, (value, i) => [across(i), upright(value + 2 * sign * (deviation[i] as number))] as const);
  const band = (deviation: Float32Array): string =>
    `${pathThrough([...edge(deviation, 1), ...edge(deviation, -1).reverse()])}Z`;
  const axis = [-2, 0, 2].map((y) => svg('text', {x: 4, y: upright(y) - 3, class: 'tick'}, [String(y)]));
  const lines = [-2, 0, 2].map((y) => svg('path', {d: `M0 ${upright(y)}H${SIDE}`, class: 'grid'}));
  show(panel, [
    ...lines,
    svg('path', {d: band(total), class: 'band total'}),
    svg('path', {d: band(epistemic), class: 'band epistemic'}),
    svg('path', {d: pathThrough(Array.from(mean, (y, i) => [across(i), upright(y)] as const)), class: 'line'}),
    ...axis,
  ]);
  describe(panel, 'Mean', '± 2 standard deviations', `It lies between ${range(mean)}.`);
  panel.legend.replaceChildren(key('total', 'all'), key('epistemic', 'epistemic'));
}

function drawDeviation(panel: Panel, name: string, what: string, values: Float32Array, kind: string): void {
  const highest = values.reduce((high, value) => Math.max(high, value), 0);
  const top = niceTop(highest);
  const height = (value: number): number => SIDE - (SIDE - 24) * (value / top);
  const outline = Array.from(values, (value, i) => [across(i), height(value)] as const);
  show(panel, [
    ...[0.5, 1].map((share) => svg('path', {d: `M0 ${height(share * top)}H${SIDE}`, class: 'grid'})),
    svg('path', {d: `${pathThrough([[0, SIDE], ...outline, [SIDE, SIDE]])}Z`, class: `band ${kind}`}),
    svg('path', {d: pathThrough(outline), class: 'line'}),
    ...[0.5, 1].map((share) =>
      svg('text', {x: 4, y: height(share * top) - 4, class: 'tick'}, [String(Number((share * top).toFixed(3)))]),
    ),
  ]);
  describe(panel, name, what, `Standard deviation between ${range(values)}.`);
  panel.legend.replaceChildren(key(kind, `deviation, 0 to ${top}`));
}

function show({canvas, overlay}: Panel, shapes: readonly SVGElement[]): void {
  canvas.width = canvas.height = 1;
  overlay.replaceChildren(svg('g', {class: 'curve'}, shapes));
}

function key(kind: string, words: string): HTMLElement {
  const row = document.createElement('span');
  row.className = 'key';
  const box = document.createElement('i');
  box.className = `swatch ${kind}`;
  row.append(box, words);
  return row;
}

function range(values: Float32Array): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${low.toFixed(2)} and ${high.toFixed(2)}`;
}

import {EXTENT, type Point} from '../points.ts';
import {CLASS_COLOURS} from './colours.ts';
import {SIDE} from './panel.ts';
import {svg} from './svg.ts';

/** Where a coordinate lies in a panel's drawing. */
export function place({x, y}: {readonly x: number; readonly y: number}): [number, number] {
  return [(SIDE * (x + EXTENT)) / (2 * EXTENT), (SIDE * (EXTENT - y)) / (2 * EXTENT)];
}

/** Points as marks, each class with a colour and a shape of its own; held-out points are hollow. */
export function marks(points: readonly Point[], {numbers, hollow}: {numbers: boolean; hollow: boolean}): SVGElement[] {
  return points.map((point) => {
    const [x, y] = place(point);
    const colour = numbers ? 'var(--ink)' : (CLASS_COLOURS[point.label] ?? CLASS_COLOURS[0]);
    // Darker than the map below it, or the mark would look hollow there.
    const dark = `color-mix(in srgb, ${colour} 65%, black)`;
    const look = hollow
      ? `fill: var(--panel); stroke: ${colour}`
      : `fill: ${numbers ? colour : dark}; stroke: var(--mark-edge)`;
    return svg('path', {
      d: shape(numbers ? 0 : point.label, x, y),
      class: hollow ? 'mark hollow' : 'mark',
      style: look,
    });
  });
}

/** The cross that the keyboard moves. */
export function cursorMark(at: {readonly x: number; readonly y: number}): SVGElement {
  const [x, y] = place(at);
  return svg('path', {d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, class: 'cursor'});
}

function shape(label: number, x: number, y: number): string {
  if (label === 1) return `M${x - 3.2} ${y - 3.2}h6.4v6.4h-6.4Z`;
  if (label === 2) return `M${x} ${y - 4.4}l4.2 7.4h-8.4Z`;
  return `M${x - 3.7} ${y}a3.7 3.7 0 1 0 7.4 0a3.7 3.7 0 1 0 -7.4 0Z`;
}

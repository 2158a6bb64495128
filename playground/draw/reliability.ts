import type {Scores} from '../messages.ts';
import {pathThrough, svg} from './svg.ts';

const SIZE = 220;
const MARGIN = 38;
const at = (value: number): number => MARGIN + value * (SIZE - MARGIN - 12);
const up = (value: number): number => SIZE - MARGIN - value * (SIZE - MARGIN - 12);

/** A reliability diagram: what was observed over what was expected; the diagonal is perfect. */
export function reliabilityDiagram(scores: Scores | undefined, numbers: boolean): SVGSVGElement {
  const [xLabel, yLabel] = numbers ? ['level of the interval', 'share inside'] : ['confidence', 'accuracy'];
  const points = scores?.reliability ?? [];
  const said = points.map(({expected, observed}) => `${percent(expected)}: ${percent(observed)}`).join(', ');
  const label = `Reliability diagram, ${yLabel} by ${xLabel}. ${said || 'No points to judge on.'}`;
  const ticks = [0, 0.5, 1].flatMap((value) => [
    svg('path', {d: `M${at(value)} ${up(0)}V${up(1)}M${at(0)} ${up(value)}H${at(1)}`, class: 'grid'}),
    svg('text', {x: at(value), y: up(0) + 15, class: 'tick', 'text-anchor': 'middle'}, [String(value)]),
    svg('text', {x: at(0) - 7, y: up(value) + 4, class: 'tick', 'text-anchor': 'end'}, [String(value)]),
  ]);
  const middle = up(0.5);
  return svg('svg', {viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'img', 'aria-label': label, class: 'reliability'}, [
    ...ticks,
    svg('path', {d: `M${at(0)} ${up(0)}L${at(1)} ${up(1)}`, class: 'diagonal'}),
    svg('path', {
      d: pathThrough(points.map(({expected, observed}) => [at(expected), up(observed)] as const)),
      class: 'line',
    }),
    ...points.map(({expected, observed, share}) =>
      svg('circle', {
        cx: at(expected),
        cy: up(observed),
        r: 2.5 + 7 * Math.sqrt(share) * (numbers ? 0.3 : 1),
        class: 'dot',
      }),
    ),
    svg('text', {x: at(0.5), y: SIZE - 4, class: 'axis', 'text-anchor': 'middle'}, [xLabel]),
    svg('text', {x: 11, y: middle, class: 'axis', 'text-anchor': 'middle', transform: `rotate(-90 11 ${middle})`}, [
      yLabel,
    ]),
  ]);
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

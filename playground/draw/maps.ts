import {type ClassView, MAP_CELLS} from '../messages.ts';
import {CLASSES} from '../points.ts';
import {CLASS_COLOURS, classColour, css, type Rgb, styleColour, uncertaintyColour} from './colours.ts';
import {describe, type Panel} from './panel.ts';

/** Paints what is predicted at each cell of the plane. */
export function drawMaps(
  view: ClassView,
  {mean, epistemic, aleatoric}: Readonly<Record<'mean' | 'epistemic' | 'aleatoric', Panel>>,
): void {
  drawClasses(view, mean);
  drawUncertainty(epistemic, 'Epistemic', 'more data removes it', view.epistemic);
  drawUncertainty(aleatoric, 'Aleatoric', 'noise that stays', view.aleatoric);
}

function drawClasses({classes, probs}: ClassView, panel: Panel): void {
  const paper = styleColour('--paper');
  const counts = new Array<number>(classes).fill(0);
  paintCells(panel, (cell) => {
    let label = 0;
    for (let k = 1; k < classes; k++) {
      if ((probs[cell * classes + k] as number) > (probs[cell * classes + label] as number)) label = k;
    }
    counts[label] = (counts[label] as number) + 1;
    return classColour(label, probs[cell * classes + label] as number, classes, paper);
  });
  const shares = counts.map((count, k) => `${CLASSES[k]} ${Math.round((100 * count) / MAP_CELLS ** 2)}%`).join(', ');
  describe(panel, 'Mean', 'the class and its probability', `Share of the plane by class: ${shares}.`);
  panel.legend.replaceChildren(
    ...counts.map((_, k) => {
      const end = (probability: number): string => css(classColour(k, probability, classes, paper));
      return ramp(`${Math.round(100 / classes)}%`, `100% ${CLASSES[k]}`, [
        end(1 / classes),
        CLASS_COLOURS[k] ?? end(1),
      ]);
    }),
  );
}

function drawUncertainty(panel: Panel, name: string, what: string, values: Float32Array): void {
  const highest = values.reduce((high, value) => Math.max(high, value), 0);
  const top = niceTop(highest);
  paintCells(panel, (cell) => uncertaintyColour((values[cell] as number) / top));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  describe(panel, name, what, `Mean ${mean.toFixed(3)}, highest ${highest.toFixed(3)} nats.`);
  const stops = Array.from({length: 9}, (_, i) => css(uncertaintyColour(i / 8)));
  panel.legend.replaceChildren(ramp('0', `${top} nats`, stops));
}

/** The end of a scale that holds a value: one of few, so that it seldom changes. */
export function niceTop(highest: number): number {
  return [0.05, 0.1, 0.2, 0.4, 0.7, 1.1, 2, 5, 10].find((top) => highest <= top) ?? Math.ceil(highest);
}

function paintCells({canvas}: Panel, colourOf: (cell: number) => Rgb): void {
  if (canvas.width !== MAP_CELLS) canvas.width = canvas.height = MAP_CELLS;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(MAP_CELLS, MAP_CELLS);
  for (let cell = 0; cell < MAP_CELLS ** 2; cell++) image.data.set([...colourOf(cell), 255], 4 * cell);
  context.putImageData(image, 0, 0);
}

function ramp(low: string, high: string, stops: readonly string[]): HTMLElement {
  const row = document.createElement('span');
  row.className = 'ramp';
  const bar = document.createElement('i');
  bar.style.background = `linear-gradient(to right, ${stops.join(',')})`;
  row.append(low, bar, high);
  return row;
}

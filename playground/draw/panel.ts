import {svg} from './svg.ts';

/** Units along a side of a panel's drawing. */
export const SIDE = 300;

/** A square with a title, a picture and a legend. */
export interface Panel {
  readonly figure: HTMLElement;
  readonly title: HTMLElement;
  readonly detail: HTMLElement;
  /** The square that holds the picture. */
  readonly stage: HTMLElement;
  /** Coloured cells. */
  readonly canvas: HTMLCanvasElement;
  /** Lines and points over the cells, from 0 to {@link SIDE}. */
  readonly overlay: SVGSVGElement;
  readonly legend: HTMLElement;
}

/** An empty panel. */
export function createPanel(name: string): Panel {
  const figure = document.createElement('figure');
  figure.id = name;
  const [title, detail] = [document.createElement('b'), document.createElement('span')];
  detail.className = 'hint';
  const caption = document.createElement('figcaption');
  caption.append(title, detail);
  const canvas = document.createElement('canvas');
  const overlay = svg('svg', {viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true'});
  const stage = document.createElement('div');
  stage.className = 'stage';
  stage.append(canvas, overlay);
  const legend = document.createElement('div');
  legend.className = 'legend';
  figure.append(caption, stage, legend);
  return {figure, title, detail, stage, canvas, overlay, legend};
}

/** Says what a panel is and what it shows now. */
export function describe({title, detail, stage}: Panel, name: string, what: string, seen: string): void {
  title.textContent = name;
  detail.textContent = what;
  stage.setAttribute('aria-label', `${name}: ${what}. ${seen}`);
}

/** Empties a panel. */
export function blank({canvas, overlay, legend}: Panel): void {
  canvas.width = canvas.height = 1;
  overlay.replaceChildren();
  legend.replaceChildren();
}

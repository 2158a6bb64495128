import {CLASSES, EXTENT, type Point, snap} from './points.ts';

/** What drawing does: adds a point of a class, or erases points. */
export type Tool = number | 'erase';

/** What the editor asks and tells. */
export interface EditorHost {
  tool(): Tool;
  setTool(tool: Tool): void;
  drawn(): readonly Point[];
  setDrawn(points: readonly Point[]): void;
  /** Shows the cross, or hides it. */
  setCursor(at: {readonly x: number; readonly y: number} | undefined): void;
  /** Tells a screen reader. */
  say(words: string): void;
}

/** Distance within which points are erased, and apart which a stroke draws them. */
const REACH = 0.22;
const STEP = 0.1;
const LARGE_STEP = 0.5;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Lets a person draw points on a square: with a pointer, or with the keyboard. */
export function attachEditor(stage: HTMLElement, host: EditorHost): void {
  let cursor = {x: 0, y: 0};
  let last: {x: number; y: number} | undefined;
  stage.tabIndex = 0;
  stage.setAttribute('role', 'application');
  stage.setAttribute('aria-describedby', 'keys');

  stage.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    stroke(positionOf(event));
  });
  stage.addEventListener('pointermove', (event) => {
    if (last === undefined) return;
    const at = positionOf(event);
    if (distance(at, last) > REACH) stroke(at);
  });
  for (const end of ['pointerup', 'pointercancel'] as const) stage.addEventListener(end, () => (last = undefined));
  // A finger scrolls the page; only a tap draws.
  stage.addEventListener('click', (event) => {
    if ((event as PointerEvent).pointerType === 'touch') apply(positionOf(event));
  });

  stage.addEventListener('focus', () => {
    if (stage.matches(':focus-visible')) host.setCursor(cursor);
  });
  stage.addEventListener('blur', () => host.setCursor(undefined));
  stage.addEventListener('keydown', (event) => {
    const move = MOVES[event.key];
    const number = CLASSES.findIndex((_, k) => event.key === String(k + 1));
    if (move !== undefined) moveCursor(move, event.shiftKey ? LARGE_STEP : STEP);
    else if (event.key === ' ') apply(cursor);
    else if (event.key === 'Backspace' || event.key === 'Delete') erase(cursor);
    else if (number >= 0) host.setTool(number);
    else return;
    event.preventDefault();
  });

  function moveCursor([x, y]: readonly [number, number], step: number): void {
    const clamp = (value: number): number => Math.min(EXTENT, Math.max(-EXTENT, Number(value.toFixed(3))));
    cursor = {x: clamp(cursor.x + x * step), y: clamp(cursor.y + y * step)};
    host.setCursor(cursor);
    host.say(`${cursor.x.toFixed(1)}, ${cursor.y.toFixed(1)}`);
  }

  function stroke(at: {x: number; y: number}): void {
    last = at;
    apply(at);
  }

  function apply(at: {x: number; y: number}): void {
    const tool = host.tool();
    if (tool === 'erase') {
      erase(at);
      return;
    }
    host.setDrawn([...host.drawn(), snap({...at, label: tool})]);
    host.say(`Point ${host.drawn().length} placed at ${at.x.toFixed(1)}, ${at.y.toFixed(1)}`);
  }

  function erase(at: {x: number; y: number}): void {
    const kept = host.drawn().filter((point) => distance(point, at) > REACH);
    const erased = host.drawn().length - kept.length;
    if (erased > 0) host.setDrawn(kept);
    host.say(erased > 0 ? `${erased} erased` : 'No drawn point here');
  }

  function positionOf({clientX, clientY}: MouseEvent): {x: number; y: number} {
    const {left, top, width, height} = stage.getBoundingClientRect();
    return {x: EXTENT * ((2 * (clientX - left)) / width - 1), y: EXTENT * (1 - (2 * (clientY - top)) / height)};
  }
}

function distance(a: {x: number; y: number}, b: {x: number; y: number}): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

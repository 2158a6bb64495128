/** The plane reaches from -EXTENT to EXTENT along both axes; generated data stays in its inner two thirds. */
export const EXTENT = 3;

/** Classes that can be drawn. */
export const CLASSES = ['A', 'B', 'C'] as const;

/** A point of the data: an input pair with its class, or an input `x` with its target `y`, whose label is 0. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: number;
}

/** Steps of a coordinate in a link: two digits to the base of 36. */
const STEPS = 36 ** 2 - 1;

const toStep = (value: number): number =>
  Math.min(STEPS, Math.max(0, Math.round(((value + EXTENT) / (2 * EXTENT)) * STEPS)));
const fromStep = (step: number): number => (step / STEPS) * 2 * EXTENT - EXTENT;

/** The nearest point that a link can keep. */
export function snap({x, y, label}: Point): Point {
  return {x: fromStep(toStep(x)), y: fromStep(toStep(y)), label};
}

/** Points as text, five characters each. */
export function encodePoints(points: readonly Point[]): string {
  const digits = (value: number): string => toStep(value).toString(36).padStart(2, '0');
  return points.map(({x, y, label}) => `${digits(x)}${digits(y)}${label}`).join('');
}

/** The points of such a text; what is no point is left out. */
export function decodePoints(text: string): Point[] {
  return (text.match(/.{5}/g) ?? []).flatMap((word) => {
    const [x, y, label] = [word.slice(0, 2), word.slice(2, 4), word.slice(4)].map((part) => Number.parseInt(part, 36));
    if (x === undefined || y === undefined || label === undefined) return [];
    return x >= 0 && y >= 0 && label >= 0 && label < CLASSES.length ? [{x: fromStep(x), y: fromStep(y), label}] : [];
  });
}

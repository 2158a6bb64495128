/** Red, green and blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

const parse = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

/** Colours of the classes: apart for readers with any colour blindness (Okabe and Ito, 2008), on light and on dark. */
export const CLASS_COLOURS = ['#0072b2', '#e69f00', '#cc79a7'] as const;

/** Cividis: even steps of lightness, the same for readers with red-green blindness (Nunez et al., 2018). */
const CIVIDIS = [
  '#00224e',
  '#123570',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8678',
  '#a59c74',
  '#c3b369',
  '#e1cc55',
  '#fee838',
].map(parse);

/** The colour of a share from 0 to 1 of the scale of uncertainty. */
export function uncertaintyColour(share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const low = Math.min(CIVIDIS.length - 2, Math.floor(at));
  return mix(CIVIDIS[low] as Rgb, CIVIDIS[low + 1] as Rgb, at - low);
}

/** The colour of a class that has a probability: the paper's at 1 / classes, its own at 1. */
export function classColour(label: number, probability: number, classes: number, paper: Rgb): Rgb {
  const share = (probability - 1 / classes) / (1 - 1 / classes);
  return mix(paper, parse(CLASS_COLOURS[label] ?? CLASS_COLOURS[0]), 0.9 * Math.min(1, Math.max(0, share)));
}

/** A colour of the style sheet, as numbers. */
export function styleColour(name: string): Rgb {
  return parse(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
}

/** A colour as CSS takes it. */
export function css([r, g, b]: Rgb): string {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((value, i) => value + ((to[i] as number) - value) * share) as unknown as Rgb;
}

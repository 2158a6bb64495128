/** A colour that follows the page: light in light mode, dark in dark mode, and a fixed one where no page sets it. */
interface PageColour {
  readonly light: string;
  readonly dark: string;
}

const colours = {
  paper: {light: '#fbfbf9', dark: '#15181b'},
  panel: {light: '#ffffff', dark: '#1c2024'},
  ink: {light: '#1c2126', dark: '#e6e8ea'},
  muted: {light: '#5a646e', dark: '#a0a9b2'},
  rule: {light: '#d8dce0', dark: '#363c43'},
  grid: {light: '#e9ebed', dark: '#2a2f35'},
  tint: {light: '#e8f0f8', dark: '#1f2f40'},
  // The series keep at least 3:1 against both papers and stay apart for readers with red-green blindness.
  'series-1': {light: '#1f6fb2', dark: '#74b4ee'},
  'series-2': {light: '#c4551f', dark: '#f2935f'},
  'series-3': {light: '#1d8a68', dark: '#5cc8a1'},
  'series-4': {light: '#8156ad', dark: '#bd9ae6'},
  'series-5': {light: '#94701a', dark: '#dcb65c'},
  'series-6': {light: '#59656f', dark: '#a3afba'},
} as const satisfies {readonly [name: string]: PageColour};

/** Names of the colours of plots and page. */
export type ColourName = keyof typeof colours;

const dashes: ReadonlyArray<readonly number[]> = [[], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3]];
const seriesCount = 6;

/** The colour for an SVG or style attribute. */
export function colour(name: ColourName): string {
  return `var(--${name}, ${colours[name].light})`;
}

/** The colour of the i-th model, the same in every plot and table. */
export function seriesColour(i: number): string {
  return colour(`series-${(i % seriesCount) + 1}` as ColourName);
}

/** The dash pattern of the i-th model's lines, so that colour is never the only difference. */
export function seriesDash(i: number): readonly number[] {
  return dashes[(i + Math.floor(i / seriesCount)) % dashes.length] ?? [];
}

/** The style sheet that sets the colours, for light and for dark. */
export function colourStyles(): string {
  const declare = (mode: keyof PageColour): string =>
    Object.entries(colours)
      .map(([name, pair]) => `--${name}:${pair[mode]}`)
      .join(';');
  return (
    `:root{color-scheme:light dark;${declare('light')}}\n` +
    `@media screen and (prefers-color-scheme:dark){:root{${declare('dark')}}}`
  );
}

/** A number with a slider. */
export interface NumberSetting {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly start: number;
  /** Whether the slider moves the exponent of ten. */
  readonly logarithmic?: true;
}

/** The numbers that can be set. */
export const NUMBERS = {
  prior: {label: 'Prior precision', min: -2, max: 2, step: 0.1, start: -1, logarithmic: true},
  assumed: {label: 'Noise assumed', min: 0.05, max: 1, step: 0.05, start: 0.2},
  samples: {label: 'Samples', min: 2, max: 64, step: 1, start: 16},
  members: {label: 'Members', min: 2, max: 10, step: 1, start: 5},
  rate: {label: 'Dropout rate', min: 0.05, max: 0.5, step: 0.05, start: 0.1},
  points: {label: 'Points', min: 20, max: 300, step: 10, start: 120},
  noise: {label: 'Noise in the data', min: 0, max: 0.6, step: 0.05, start: 0.2},
  width: {label: 'Units in a layer', min: 4, max: 32, step: 4, start: 16},
  steps: {label: 'Training steps', min: 100, max: 2000, step: 100, start: 400},
  seed: {label: 'Seed', min: 1, max: 99, step: 1, start: 1},
} as const satisfies Readonly<Record<string, NumberSetting>>;

/** Names of the numbers that can be set. */
export type NumberName = keyof typeof NUMBERS;

/** The value behind a slider's position. */
export function settingValue(name: NumberName, position: number): number {
  return 'logarithmic' in NUMBERS[name] ? 10 ** position : position;
}

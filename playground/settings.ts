import {DATA, type DataName} from './data.ts';
import {METHODS, type MethodName} from './methods.ts';
import {NUMBERS, type NumberName} from './numbers.ts';
import {decodePoints, encodePoints, type Point} from './points.ts';

/** Everything that a person can set, and that a link keeps. */
export interface Settings {
  readonly data: DataName;
  readonly method: MethodName;
  /** How the noise of numbers is modelled: one assumed size, or a size that the net learns for each input. */
  readonly noiseModel: 'assumed' | 'learned';
  readonly activation: 'tanh' | 'relu';
  readonly backend: 'wasm' | 'webgl' | 'webgpu';
  readonly numbers: Readonly<Record<NumberName, number>>;
  /** Points that were drawn by hand. */
  readonly drawn: readonly Point[];
}

const numberNames = Object.keys(NUMBERS) as NumberName[];

/** What the page opens with. */
export const DEFAULTS: Settings = {
  data: 'moons',
  method: 'laplace',
  noiseModel: 'assumed',
  activation: 'tanh',
  backend: 'wasm',
  numbers: Object.fromEntries(numberNames.map((name) => [name, NUMBERS[name].start])) as Record<NumberName, number>,
  drawn: [],
};

const CHOICES = {
  data: Object.keys(DATA) as DataName[],
  method: Object.keys(METHODS) as MethodName[],
  noiseModel: ['assumed', 'learned'],
  activation: ['tanh', 'relu'],
  backend: ['wasm', 'webgl', 'webgpu'],
} as const;

/** The part of a link behind `#`: what differs from the defaults. */
export function toHash({numbers, drawn, ...choices}: Settings): string {
  const parameters = new URLSearchParams();
  for (const name of Object.keys(CHOICES) as (keyof typeof CHOICES)[]) {
    if (choices[name] !== DEFAULTS[name] || name === 'data' || name === 'method') parameters.set(name, choices[name]);
  }
  for (const name of numberNames) {
    if (numbers[name] !== NUMBERS[name].start) parameters.set(name, String(numbers[name]));
  }
  if (drawn.length > 0) parameters.set('drawn', encodePoints(drawn));
  return parameters.toString();
}

/** The settings of a link; what it lacks or has wrong stays as it is by default. */
export function fromHash(hash: string): Settings {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const choose = <K extends keyof typeof CHOICES>(name: K): Settings[K] => {
    const known: readonly string[] = CHOICES[name];
    const value = parameters.get(name) ?? '';
    return (known.includes(value) ? value : DEFAULTS[name]) as Settings[K];
  };
  const read = (name: NumberName): number => {
    const {min, max, step, start} = NUMBERS[name];
    const text = parameters.get(name) ?? '';
    const value = Number(text);
    if (text === '' || !(value >= min && value <= max)) return start;
    return Number((min + Math.round((value - min) / step) * step).toFixed(6));
  };
  return {
    data: choose('data'),
    method: choose('method'),
    noiseModel: choose('noiseModel'),
    activation: choose('activation'),
    backend: choose('backend'),
    numbers: Object.fromEntries(numberNames.map((name) => [name, read(name)])) as Record<NumberName, number>,
    drawn: decodePoints(parameters.get('drawn') ?? ''),
  };
}

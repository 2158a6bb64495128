import {DataError} from '../../src/errors.ts';
import type {Batch, NamedArray} from './batch.ts';
import {truthNames} from './cells.ts';
import {type Family, findFamilies, joinColumns} from './gather.ts';

/** What the command line says about the columns of a file. */
export interface LayoutOptions {
  /** Column of truths. Default: label, labels, target or targets. */
  readonly truth?: string;
  /** Columns of the classes in their order, in place of p0, p1, ... */
  readonly classes?: readonly string[];
  /** What the numbers of classes are, where their name does not say so. Default probabilities. */
  readonly scale?: 'probs' | 'logits';
  /** Column of means, in place of mean. */
  readonly mean?: string;
  /** Column of standard deviations, in place of std. */
  readonly std?: string;
  /** Columns to pass over. */
  readonly ignore?: readonly string[];
  /** Probability of the intervals between the columns lower and upper. Default 0.9. */
  readonly level?: number;
}

/** The arrays of one form of predictions, under the names that forms know. */
export interface Gathered {
  readonly form: FormName;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  readonly levels: readonly number[] | undefined;
  readonly truth: NamedArray | undefined;
}

/** The forms that predictions come in. */
export type FormName =
  | 'probs'
  | 'logits'
  | 'p'
  | 'member_probs'
  | 'member_logits'
  | 'gaussian'
  | 'mixture'
  | 'draws'
  | 'quantiles';

const forms: ReadonlyArray<{readonly name: FormName; readonly arrays: readonly string[]; readonly truth: string}> = [
  {name: 'probs', arrays: ['probs'], truth: 'label'},
  {name: 'logits', arrays: ['logits'], truth: 'label'},
  {name: 'member_probs', arrays: ['member_probs'], truth: 'label'},
  {name: 'member_logits', arrays: ['member_logits'], truth: 'label'},
  {name: 'p', arrays: ['p'], truth: 'label'},
  {name: 'gaussian', arrays: ['mean', 'std'], truth: 'target'},
  {name: 'mixture', arrays: ['member_mean', 'member_std'], truth: 'target'},
  {name: 'draws', arrays: ['draws'], truth: 'target'},
  {name: 'quantiles', arrays: ['quantiles'], truth: 'target'},
];

/** Columns that say what predictions do not need and that tfjs-bayes writes itself. */
const auxiliary: ReadonlySet<string> = new Set([
  'aleatoric_entropy',
  'epistemic_entropy',
  'aleatoric_std',
  'epistemic_std',
]);

const layouts =
  'Give p0, p1, ... (or logit0, ...) and label for classes; mean, std and target, or q0.05, ..., q0.95 and target, for numbers. ' +
  'tfjs-bayes evaluate --help lists all.';

/**
 * Finds out from the names in a file what they hold; the result reads batches of that file.
 *
 * @throws DataError where names are missing, unknown, or of two forms.
 */
export function findLayout(
  allNames: readonly string[],
  options: LayoutOptions,
  truthRequired: boolean,
): (batch: Batch) => Gathered {
  const names = withoutIgnored(allNames, options.ignore ?? []);
  const truth = findTruth(names, options.truth);
  const others = names.filter((name) => name !== truth && !auxiliary.has(name));
  const renamed = new Map<string, string>(others.map((name) => [name, standardName(name, options)]));
  const families = givenFamilies(others, options) ?? findFamilies([...renamed.values()]);
  const grouped = new Set(families.flatMap(({columns}) => columns));
  const present = [...renamed.values()].filter((name) => !grouped.has(name) && name !== 'levels');
  const arrays = new Set([...families.map(({array}) => array), ...present]);
  const form = bestForm(arrays);
  if (form === undefined) {
    throw new DataError(`expected predictions under names that say what they are, got ${list(allNames)}. ${layouts}`);
  }
  const own = families.filter(({array}) => form.arrays.includes(array));
  const expected = [
    ...form.arrays.flatMap((array) => own.find((family) => family.array === array)?.columns ?? [array]),
    ...(truth === undefined && truthRequired ? [form.truth] : []),
  ];
  requireNames(
    form.truth,
    expected,
    [...renamed.values()].filter((name) => name !== 'levels'),
  );
  const sources = new Map([...renamed].map(([name, standard]) => [standard, name]));
  return (batch) => {
    const get = (name: string): NamedArray => batch.arrays.get(sources.get(name) ?? name) as NamedArray;
    const gathered = form.arrays.map((array): [string, NamedArray] => {
      const family = own.find((candidate) => candidate.array === array);
      return [array, family === undefined ? get(array) : joinColumns(family.columns.map(get), family.inner)];
    });
    const levels = own.find((family) => family.levels !== undefined)?.levels;
    const stored = sources.has('levels') ? Array.from(get('levels').data) : undefined;
    return {
      form: form.name,
      arrays: new Map(gathered),
      levels: levels ?? stored,
      truth: truth === undefined ? undefined : batch.arrays.get(truth),
    };
  };
}

function withoutIgnored(names: readonly string[], ignore: readonly string[]): string[] {
  const absent = ignore.find((name) => !names.includes(name));
  if (absent !== undefined) {
    throw new DataError(`expected --ignore to name columns of the file (${list(names)}), got '${absent}'. Correct it.`);
  }
  return names.filter((name) => !ignore.includes(name));
}

function findTruth(names: readonly string[], chosen: string | undefined): string | undefined {
  if (chosen !== undefined) {
    if (names.includes(chosen)) return chosen;
    throw new DataError(`expected --label to name one of ${list(names)}, got '${chosen}'. Correct it.`);
  }
  const found = truthNames.filter((name) => names.includes(name));
  if (found.length > 1) throw new DataError(`expected one of ${found.join(' and ')}, got both. Leave one out.`);
  return found[0];
}

/** The name that forms know for a name that the command line gave. */
function standardName(name: string, {mean, std, scale}: LayoutOptions): string {
  if (name === mean) return 'mean';
  if (name === std) return 'std';
  if (name === 'samples') return 'draws';
  if (scale === 'logits')
    return name
      .replace(/^p(\d+)$/, 'logit$1')
      .replace(/^(m\d+_)p(\d+)$/, '$1logit$2')
      .replace(/^(member_)?probs$/, '$1logits');
  return name;
}

function givenFamilies(
  names: readonly string[],
  {classes, scale = 'probs', level = 0.9}: LayoutOptions,
): Family[] | undefined {
  if (classes?.some((name) => names.includes(name))) return [{array: scale, columns: classes, inner: [classes.length]}];
  if (!names.includes('lower') && !names.includes('upper')) return undefined;
  return [{array: 'quantiles', columns: ['lower', 'upper'], inner: [2], levels: [(1 - level) / 2, (1 + level) / 2]}];
}

/** The form that shares most names with the arrays; undefined where none shares any. */
function bestForm(arrays: ReadonlySet<string>): (typeof forms)[number] | undefined {
  const shared = forms.map((form) => form.arrays.filter((name) => arrays.has(name)).length);
  const most = Math.max(...shared);
  const best = forms.filter((_, i) => shared[i] === most);
  const complete = best.filter((form) => form.arrays.every((name) => arrays.has(name)));
  if (complete.length > 1) {
    throw new DataError(
      `expected one of ${complete.flatMap((form) => form.arrays.join(' and ')).join(', ')}, got both. Leave one out.`,
    );
  }
  return most === 0 ? undefined : (complete[0] ?? best[0]);
}

function requireNames(truth: string, expected: readonly string[], names: readonly string[]): void {
  const missing = expected.filter((name) => !names.includes(name));
  const unknown = names.filter((name) => !expected.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const faults = [
    ...(missing.length === 0 ? [] : [`no ${list(missing)}`]),
    ...(unknown.length === 0 ? [] : [`the unknown ${list(unknown)}`]),
  ];
  const hint = (): string => {
    if (missing.length === 0) return 'Leave it out with --ignore.';
    if (unknown.length === 0 && missing.join() === truth) {
      return 'Add the column, name it with --label, or give --labels FILE.';
    }
    return layouts;
  };
  throw new DataError(`expected ${list(expected)}, got ${faults.join(' and ')}. ${hint()}`);
}

function list(names: readonly string[]): string {
  const clean = names.map((name) => (/^[\w.-]+$/.test(name) ? name : JSON.stringify(name.slice(0, 40))));
  return clean.length > 6 ? `${clean.slice(0, 4).join(', ')}, ..., ${clean[clean.length - 1]}` : clean.join(', ');
}

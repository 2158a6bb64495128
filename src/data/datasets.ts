import {ConfigError} from '../errors.ts';
import {readCsv} from './csv.ts';
import type {Rows} from './rows.ts';

/** What every shipped data set has. */
export interface Dataset<Y extends Float32Array | Int32Array = Float32Array | Int32Array> extends Rows<Y> {
  /** Name under which it is loaded. */
  readonly name: DatasetName;
  /** What each column of `x` is. */
  readonly featureNames: readonly string[];
  /** What `y` is. */
  readonly targetName: string;
  /** Whom to cite. */
  readonly attribution: string;
}

/** A data set with integer labels. */
export interface ClassificationDataset extends Dataset<Int32Array> {
  /** What each label means: `classes[y[i]]`. */
  readonly classes: readonly string[];
}

/** A data set with real targets. */
export type RegressionDataset = Dataset<Float32Array>;

/** The shipped data sets by name. */
export interface Datasets {
  /** 178 Italian wines of three cultivars, 13 chemical measurements. */
  readonly wine: ClassificationDataset;
  /** 569 breast masses, malignant or benign, 30 measurements of the cell nuclei. */
  readonly 'breast-cancer': ClassificationDataset;
  /** 442 patients, 10 measurements, progression of the disease after one year. */
  readonly diabetes: RegressionDataset;
  /** 1797 handwritten digits of 8 x 8 pixels with values from 0 to 16. */
  readonly digits: ClassificationDataset;
}

/** Name of a shipped data set. */
export type DatasetName = keyof Datasets;

const loaders: {readonly [N in DatasetName]: () => Promise<Datasets[N]>} = {
  wine: async () => {
    const {attribution, classes, csv} = await import('./sets/wine.ts');
    return {...tableToRows('wine', csv, (y) => Int32Array.from(y)), classes, attribution};
  },
  'breast-cancer': async () => {
    const {attribution, classes, csv} = await import('./sets/breast-cancer.ts');
    return {...tableToRows('breast-cancer', csv, (y) => Int32Array.from(y)), classes, attribution};
  },
  diabetes: async () => {
    const {attribution, csv} = await import('./sets/diabetes.ts');
    return {...tableToRows('diabetes', csv, (y) => Float32Array.from(y)), attribution};
  },
  digits: async () => {
    const {attribution, classes, rows} = await import('./sets/digits.ts');
    return {...decodeDigits(rows), classes, attribution};
  },
};

/**
 * Loads one of the shipped data sets; each is a module of its own that is imported only when asked for.
 *
 * `wine`, `breast-cancer` and `digits` are for classification (integer labels), `diabetes` for regression. The inputs
 * are as measured: bring them to one scale with `fitStandardizer`.
 *
 * @throws ConfigError where there is no such data set.
 * @example
 * ```ts
 * import {loadDataset} from 'tfjs-bayes';
 * const wine = await loadDataset('wine');
 * console.log(wine.rows, wine.features, wine.classes);   // 178, 13, ['cultivar 1', 'cultivar 2', 'cultivar 3']
 * ```
 */
export async function loadDataset<N extends DatasetName>(name: N): Promise<Datasets[N]> {
  if (!Object.hasOwn(loaders, name)) {
    throw new ConfigError(
      `loadDataset: expected one of ${Object.keys(loaders).join(', ')}, got '${name}'. Use one of these names.`,
    );
  }
  return loaders[name]();
}

function tableToRows<N extends DatasetName, Y extends Float32Array | Int32Array>(
  name: N,
  csv: string,
  toTargets: (column: Float64Array) => Y,
): Omit<Dataset<Y>, 'attribution'> {
  const table = readCsv(csv);
  const width = table.columns.length;
  const features = width - 1;
  const x = new Float32Array(table.rows * features);
  const y = new Float64Array(table.rows);
  for (let i = 0; i < table.rows; i++) {
    x.set(table.data.subarray(i * width, i * width + features), i * features);
    y[i] = table.data[i * width + features] as number;
  }
  const targetName = table.columns[features] as string;
  return {name, x, y: toTargets(y), rows: table.rows, features, featureNames: table.columns.slice(0, -1), targetName};
}

/** Each line holds 64 pixels as digits to the base 17 and then the label. */
function decodeDigits(text: string): Omit<Dataset<Int32Array>, 'attribution'> {
  const lines = text.split('\n');
  const features = 64;
  const x = new Float32Array(lines.length * features);
  const y = new Int32Array(lines.length);
  for (const [i, line] of lines.entries()) {
    for (let j = 0; j < features; j++) x[i * features + j] = Number.parseInt(line.charAt(j), 17);
    y[i] = Number(line.charAt(features));
  }
  const featureNames = Array.from({length: features}, (_, j) => `row ${Math.floor(j / 8)}, column ${j % 8}`);
  return {name: 'digits', x, y, rows: lines.length, features, featureNames, targetName: 'digit'};
}

import type {Predictive} from '../../src/predictive/index.ts';
import {csvColumns} from '../output/csv-text.ts';
import {columnsOf} from '../output/predictions-csv.ts';
import type {FlatRows} from '../read/predictions.ts';

type Columns = {readonly [name: string]: ArrayLike<number>};

/** Predictions with the parts of their doubt as a CSV text that evaluate reads; numbers of several outputs have no such layout. */
export async function predictiveCsv(predictive: Predictive, truth: Float64Array): Promise<string> {
  if (predictive.kind === 'categorical' || predictive.kind === 'bernoulli') {
    const {probs, entropy} = await predictive.toArrays();
    const names = probs.shape[1] === 1 ? ['p'] : Array.from({length: probs.shape[1]}, (_, k) => `p${k}`);
    const parts: Columns = {aleatoric_entropy: entropy.aleatoric, epistemic_entropy: entropy.epistemic};
    return csvColumns({...columns(probs, names), ...parts, label: labelsOf(truth, probs.shape[0])});
  }
  const {mean, variance, aleatoricVariance, epistemicVariance} = await predictive.toArrays();
  const outputs = mean.shape[1];
  const named = (stem: string): string[] =>
    Array.from({length: outputs}, (_, c) => (outputs === 1 ? stem : `${stem}_${c}`));
  return csvColumns({
    ...columns(mean, named('mean')),
    ...columns(roots(variance), named('std')),
    ...columns(roots(aleatoricVariance), named('aleatoric_std')),
    ...columns(roots(epistemicVariance), named('epistemic_std')),
    ...columns({data: truth, shape: mean.shape}, named('target')),
  });
}

/** Numbers of classes as they are; of one-hot rows the place of the largest. */
function labelsOf(truth: Float64Array, rows: number): Float64Array {
  const width = truth.length / rows;
  if (width === 1) return truth;
  return Float64Array.from({length: rows}, (_, i) => {
    const row = truth.subarray(i * width, (i + 1) * width);
    return row.indexOf(Math.max(...row));
  });
}

interface Floats {
  readonly data: ArrayLike<number>;
  readonly shape: FlatRows['shape'];
}

function columns({data, shape}: Floats, names: readonly string[]) {
  return columnsOf({data: Float64Array.from(data), shape}, names);
}

function roots({data, shape}: Floats): Floats {
  return {data: Float64Array.from(data, Math.sqrt), shape};
}

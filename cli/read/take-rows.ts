import type {FlatRows, Predictions} from './predictions.ts';

/** The predictions for some of the rows. */
export function takeRows(predictions: Predictions, rows: readonly number[]): Predictions {
  const {where} = predictions;
  const pick = (data: Float64Array): Float64Array => Float64Array.from(rows, (row) => data[row] as number);
  const pickRows = ({data, shape: [, columns]}: FlatRows): FlatRows => {
    const picked = new Float64Array(rows.length * columns);
    rows.forEach((row, i) => {
      picked.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    return {data: picked, shape: [rows.length, columns]};
  };
  const common = {
    rows: rows.length,
    truth: predictions.truth && pick(predictions.truth),
    where: (row: number) => where(rows[row] as number),
  };
  switch (predictions.kind) {
    case 'classification': {
      const {probs, logits, members} = predictions;
      const [count, all, classes] = members?.shape ?? [0, 0, 0];
      const ofMember = (m: number): Float64Array => {
        const data = members?.data.subarray(m * all * classes, (m + 1) * all * classes) ?? new Float64Array(0);
        return pickRows({data, shape: [all, classes]}).data;
      };
      const data = Float64Array.from(Array.from({length: count}, (_, m) => Array.from(ofMember(m))).flat());
      return {
        ...predictions,
        ...common,
        probs: pickRows(probs),
        ...(logits && {logits: pickRows(logits)}),
        ...(members && {members: {data, shape: [count, rows.length, classes]}}),
      };
    }
    case 'regression':
      return {...predictions, ...common, mean: pick(predictions.mean), std: pick(predictions.std)};
    case 'mixture': {
      const [members, all] = predictions.means.shape;
      const pickColumns = ({data}: FlatRows): FlatRows => ({
        data: Float64Array.from({length: members * rows.length}, (_, at) => {
          return data[Math.floor(at / rows.length) * all + (rows[at % rows.length] as number)] as number;
        }),
        shape: [members, rows.length],
      });
      return {...predictions, ...common, means: pickColumns(predictions.means), stds: pickColumns(predictions.stds)};
    }
    case 'draws':
      return {...predictions, ...common, draws: pickRows(predictions.draws)};
    case 'quantiles':
      return {...predictions, ...common, quantiles: pickRows(predictions.quantiles)};
  }
}

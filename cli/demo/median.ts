import type {ClassificationEvaluation} from '../../src/evaluation/index.ts';

/** For each model, its first evaluation with every score replaced by the median over the seeds. */
export function medianEvaluations(
  runs: readonly (readonly ClassificationEvaluation[])[],
): readonly ClassificationEvaluation[] {
  const [first = []] = runs;
  return first.map((evaluation, model) => {
    const all = runs.map((run) => run[model] as ClassificationEvaluation);
    return {
      ...evaluation,
      test: {...evaluation.test, scores: medianScores(all.map(({test}) => test.scores))},
      shifts: evaluation.shifts.map((shift, i) => ({
        ...shift,
        scores: medianScores(all.map(({shifts}) => (shifts[i] ?? shift).scores)),
      })),
      ood: evaluation.ood.map((result, i) => medianScores(all.map(({ood}) => ood[i] ?? result))),
    };
  });
}

/** The median of every number in records of the same fields; other fields from the first. */
function medianScores<T extends object>(records: readonly T[]): T {
  const entries = Object.entries(records[0] as T).map(([key, value]) => {
    if (typeof value !== 'number') return [key, value];
    return [key, median(records.map((record) => record[key as keyof T] as number))];
  });
  return Object.fromEntries(entries) as T;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

import type {Evaluate, Evaluated} from '../mcmc/target.ts';
import type {WorkflowDensity} from './workflow-density.ts';

/** What one of the runs asks for. */
interface Question {
  readonly dataSet: number;
  readonly points: Float32Array;
  readonly answer: (answers: Evaluated[]) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Runs samplers of several data sets side by side: once each run that has not ended waits for densities, all are evaluated
 * together. `start` is given the data set's evaluation, and must ask for no two at once.
 */
export function sideBySide<Result>(
  dataSets: readonly number[],
  density: WorkflowDensity,
  start: (dataSet: number, evaluate: Evaluate) => Promise<Result>,
): Promise<Result[]> {
  let running = dataSets.length;
  let waiting: Question[] = [];
  const answerAll = () => {
    if (waiting.length < running || running === 0) return;
    const asked = waiting;
    waiting = [];
    density.gradients(asked).then(
      (answers) => {
        asked.forEach(({answer}, i) => {
          answer(answers[i] as Evaluated[]);
        });
      },
      (error: unknown) => {
        for (const {fail} of asked) fail(error);
      },
    );
  };
  return Promise.all(
    dataSets.map((dataSet) => {
      const evaluate: Evaluate = (points) =>
        new Promise((answer, fail) => {
          waiting.push({dataSet, points: flatten(points), answer, fail});
          answerAll();
        });
      return start(dataSet, evaluate).finally(() => {
        running--;
        answerAll();
      });
    }),
  );
}

function flatten(points: readonly Float64Array[]): Float32Array {
  const width = points[0]?.length ?? 0;
  const flat = new Float32Array(points.length * width);
  points.forEach((point, i) => {
    flat.set(point, i * width);
  });
  return flat;
}

import type {Program} from './integrator.ts';
import type {Evaluate, Evaluated} from './target.ts';

/**
 * Runs programs side by side: the questions of all that are still running are answered by one evaluation, so that chains
 * need not keep step.
 */
export async function drive<Result>(programs: readonly Program<Result>[], evaluate: Evaluate): Promise<Result[]> {
  const results = new Array<Result>(programs.length);
  let asking: {index: number; program: Program<Result>; position: Float64Array}[] = [];
  const advance = (index: number, program: Program<Result>, answer?: Evaluated) => {
    const next = answer === undefined ? program.next() : program.next(answer);
    if (next.done) results[index] = next.value;
    else asking.push({index, program, position: next.value});
  };
  programs.forEach((program, index) => {
    advance(index, program);
  });
  while (asking.length > 0) {
    const answered = asking;
    const answers = await evaluate(answered.map(({position}) => position));
    asking = [];
    answered.forEach(({index, program}, i) => {
      advance(index, program, answers[i]);
    });
  }
  return results;
}

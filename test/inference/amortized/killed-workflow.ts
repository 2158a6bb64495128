import {appendFileSync} from 'node:fs';
import {initBackend} from '../../../src/backend/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {simulate, workflowOf} from './conjugate.ts';

/** The workflow, its data and how it is run: the same here and in a program that is killed. */
export const killed = {
  workflow: () => workflowOf({bias: 0.5, spread: 1.3}),
  data: () => simulate(createRng(7), 10, 2),
  run: {rng: createRng(8), together: 3},
} as const;

/** Run as a program with a path: dies after two parts of the run, while a line is being written. */
if (process.argv[1] === import.meta.filename) {
  await initBackend({prefer: 'wasm'});
  const file = process.argv[2] as string;
  const workflow = await killed.workflow();
  await workflow.run(killed.data(), {
    ...killed.run,
    file,
    onProgress: ({done}) => {
      if (done !== 6) return;
      appendFileSync(file, '{"index":6,"status":"acc');
      process.kill(process.pid, 'SIGKILL');
    },
  });
}

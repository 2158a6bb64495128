import {useBackend} from '../support/backend.ts';

/** Ends with 0 if the backend named on the command line works here, else with 1 and the reason. */
const name = process.argv[2] ?? '';
try {
  await useBackend(name);
  process.exit(0);
} catch (error) {
  process.stdout.write(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

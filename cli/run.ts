import {help, readCommand, UsageError} from './options.ts';
import {packageVersion} from './version.ts';

/** Where the command writes to. */
interface Output {
  /** Results. */
  readonly print: (text: string) => void;
  /** Messages about what went wrong. */
  readonly complain: (text: string) => void;
}

/** Runs the command and returns its exit status: 0 done, 1 bad input, 2 wrong usage. */
export async function run(args: readonly string[], {print, complain}: Output): Promise<number> {
  try {
    const command = readCommand(args);
    if (command.kind === 'help') print(help);
    else if (command.kind === 'version') print(await packageVersion());
    else {
      const {evaluateFiles} = await import('./evaluate.ts');
      print(await evaluateFiles(command));
    }
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`tfjs-bayes: ${error.message}. See tfjs-bayes --help.`);
      return 2;
    }
    complain(`tfjs-bayes: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

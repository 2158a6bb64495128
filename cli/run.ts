import {calibrateSpec} from './calibrate/spec.ts';
import {compareSpec} from './compare/spec.ts';
import {conformalSpec} from './conformal/spec.ts';
import {evaluateSpec} from './evaluate/spec.ts';
import {type Io, ioOf, type Output} from './io.ts';
import {laplaceSpec} from './laplace/spec.ts';
import {commandHelp, programHelp} from './options/help.ts';
import {readCommand} from './options/read-command.ts';
import {UsageError, type Values} from './options/spec.ts';
import {packageVersion} from './version.ts';

type Run = (files: readonly string[], values: Values, io: Io) => Promise<void>;

const specs = [evaluateSpec, compareSpec, calibrateSpec, conformalSpec, laplaceSpec];

/** A command is loaded when it runs: help is quick, and only laplace loads TensorFlow.js with a backend. */
const runs: {readonly [name: string]: () => Promise<{readonly run: Run}>} = {
  evaluate: () => import('./evaluate/evaluate.ts'),
  compare: () => import('./compare/compare.ts'),
  calibrate: () => import('./calibrate/calibrate.ts'),
  conformal: () => import('./conformal/conformal.ts'),
  laplace: () => import('./laplace/laplace.ts'),
};

/** Errors of these names say what is wrong with the input. */
const aboutInput: ReadonlySet<string> = new Set([
  'DataError',
  'FormatError',
  'ShapeError',
  'ConfigError',
  'ModelMismatchError',
  'UnsupportedLayerError',
]);

/** Runs the command and returns its exit status: 0 done, 2 wrong usage or unusable input, 1 anything else. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  const io = ioOf(output);
  try {
    const request = readCommand(args, specs);
    if (request.kind === 'version') io.print(await packageVersion());
    else if (request.kind === 'help') {
      io.print(request.command === undefined ? programHelp(specs) : commandHelp(request.command));
    } else {
      const {command, files, values} = request;
      if (command.takesFiles && files.length === 0) throw new UsageError('expected one or more files, got none');
      const {run: start} = await (runs[command.name] as (typeof runs)[string])();
      await start(files, values, io);
    }
    return 0;
  } catch (error) {
    const {name, message} = error instanceof Error ? error : {name: '', message: String(error)};
    const line = message.replaceAll(/\s*[\r\n]+\s*/g, ' ');
    if (name === 'UsageError') {
      const command = specs.find((spec) => spec.name === args[0])?.name;
      const end = line.endsWith('?') ? '' : '.';
      io.warn(`tfjs-bayes: ${line}${end} See tfjs-bayes ${command === undefined ? '' : `${command} `}--help.`);
      return 2;
    }
    io.warn(`tfjs-bayes: ${line}`);
    return aboutInput.has(name) ? 2 : 1;
  }
}

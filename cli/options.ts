import {parseArgs} from 'node:util';
import {z} from 'zod';
import type {EvaluateCommand} from './evaluate.ts';

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** What the command line asks for. */
type Command = {readonly kind: 'help'} | {readonly kind: 'version'} | ({readonly kind: 'evaluate'} & EvaluateCommand);

/** What `--help` prints. */
export const help = `tfjs-bayes: how sure is a model, and how right?

Usage
  tfjs-bayes evaluate FILE [FILE ...] [--out DIR] [--title TEXT] [--bins N] [--json]

Each FILE holds the predictions of one model on one test set, from any framework:
  CSV   columns p0,p1,...,label      class probabilities and the label, counted from 0
        columns mean,std,target      Gaussian predictions and what was measured
  NPZ   arrays  probs,labels         [N, K] and [N]; logits instead of probs is understood
        arrays  mean,std,target      [N] each
Several files are compared: they must hold the same examples in the same order.

Options
  --out DIR      write DIR/report.html (one page, opens without a network) and DIR/scores.json
  --title TEXT   heading of the report
  --bins N       bins of the calibration error; default 15
  --json         print the numbers as JSON instead of a table
  --help         print this
  --version      print the version

Exit status: 0 done, 1 bad input, 2 wrong usage.`;

const schema = z.object({
  files: z.array(z.string().min(1)).min(1, 'expected one or more files, got none'),
  out: z.string().min(1, 'expected a folder after --out, got nothing').optional(),
  title: z.string().optional(),
  bins: z
    .string()
    .regex(/^\d+$/, 'expected an integer from 1 to 1000 after --bins')
    .transform(Number)
    .refine((bins) => bins >= 1 && bins <= 1000, 'expected an integer from 1 to 1000 after --bins'),
  json: z.boolean(),
});

/**
 * Reads the command line.
 *
 * @throws UsageError where it cannot be understood.
 */
export function readCommand(args: readonly string[]): Command {
  const {values, positionals} = parse(args);
  if (values.version) return {kind: 'version'};
  const [name, ...files] = positionals;
  if (values.help || name === 'help') return {kind: 'help'};
  if (name !== 'evaluate') {
    throw new UsageError(`expected the command evaluate, got ${name === undefined ? 'none' : `'${name}'`}`);
  }
  const read = schema.safeParse({files, out: values.out, title: values.title, bins: values.bins, json: values.json});
  if (!read.success) throw new UsageError(read.error.issues.map(({message}) => message).join('; '));
  const {out, title, ...rest} = read.data;
  return {
    kind: 'evaluate',
    ...rest,
    ...(out === undefined ? {} : {out}),
    ...(title === undefined ? {} : {title}),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: {type: 'string'},
        title: {type: 'string'},
        bins: {type: 'string', default: '15'},
        json: {type: 'boolean', default: false},
        help: {type: 'boolean', short: 'h', default: false},
        version: {type: 'boolean', default: false},
      },
    });
  } catch (cause) {
    throw new UsageError(inOurWords(cause instanceof Error ? cause.message : String(cause)), {cause});
  }
}

/** What Node says about an option, in one line. */
function inOurWords(message: string): string {
  const option = /'(-[^ ']*)/.exec(message)?.[1] ?? '';
  if (message.startsWith('Unknown option')) return `expected a known option, got '${option}'`;
  if (/argument (missing|is ambiguous)/.test(message)) {
    return `expected a value after ${option}, got none; one that begins with a dash is written ${option}=VALUE`;
  }
  return /does not take an argument/.test(message) ? `expected ${option} without a value, got one` : message;
}

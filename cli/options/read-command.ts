import {parseArgs} from 'node:util';
import type {z} from 'zod';
import {nearest} from './nearest.ts';
import {type CommandSpec, type OptionSpecs, UsageError, type Values} from './spec.ts';

/** What the command line asks for. */
export type Request =
  | {readonly kind: 'version'}
  | {readonly kind: 'help'; readonly command?: CommandSpec}
  | {readonly kind: 'run'; readonly command: CommandSpec; readonly files: readonly string[]; readonly values: Values};

/**
 * Reads the command line.
 *
 * @throws UsageError where it cannot be understood.
 */
export function readCommand(args: readonly string[], commands: readonly CommandSpec[]): Request {
  const [first, ...rest] = args;
  if (first === '--version') return {kind: 'version'};
  const find = (name: string | undefined): CommandSpec => {
    const found = commands.find((command) => command.name === name);
    if (found !== undefined) return found;
    const names = commands.map((command) => command.name);
    const got = name === undefined ? 'none' : `'${name}'${didYouMean(name, names)}`;
    throw new UsageError(`expected one of the commands ${names.join(', ')}, got ${got}`);
  };
  if (first === '--help' || first === '-h') return {kind: 'help'};
  if (first === 'help') return rest.length === 0 ? {kind: 'help'} : {kind: 'help', command: find(rest[0])};
  if (first?.startsWith('-')) {
    throw new UsageError(
      `expected a command before its options, got '${first}'${didYouMean(first, ['--help', '--version'])}`,
    );
  }
  const command = find(first);
  const {values, positionals} = parse(rest, command.options);
  if (values.version === true) return {kind: 'version'};
  if (values.help === true) return {kind: 'help', command};
  if (!command.takesFiles && positionals.length > 0) {
    throw new UsageError(`expected options alone after ${command.name}, got '${positionals[0]}'`);
  }
  return {kind: 'run', command, files: positionals, values};
}

/**
 * The values as a schema reads them.
 *
 * @throws UsageError where the schema refuses one.
 */
export function readValues<T extends z.ZodType>(schema: T, values: object): z.output<T> {
  const read = schema.safeParse(values);
  if (read.success) return read.data;
  throw new UsageError(
    read.error.issues
      .map(({message, path}) => `${path.length > 0 ? `--${path.join('.')}: ` : ''}${message}`)
      .join('; '),
  );
}

function parse(args: readonly string[], specs: OptionSpecs): {values: Values; positionals: string[]} {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, {value}]) => [
      name,
      {type: value === undefined ? ('boolean' as const) : ('string' as const)},
    ]),
  );
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {...options, help: {type: 'boolean', short: 'h'}, version: {type: 'boolean'}},
    });
  } catch (cause) {
    throw new UsageError(inOurWords(cause instanceof Error ? cause.message : String(cause), Object.keys(specs)), {
      cause,
    });
  }
}

/** What Node says about an option, in one line. */
function inOurWords(message: string, names: readonly string[]): string {
  const option = /'(-[^ ']*)/.exec(message)?.[1] ?? '';
  const options = names.map((name) => `--${name}`);
  if (message.startsWith('Unknown option'))
    return `expected a known option, got '${option}'${didYouMean(option, options)}`;
  if (/argument (missing|is ambiguous)/.test(message)) {
    return `expected a value after ${option}, got none; one that begins with a dash is written ${option}=VALUE`;
  }
  return /does not take an argument/.test(message) ? `expected ${option} without a value, got one` : message;
}

function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

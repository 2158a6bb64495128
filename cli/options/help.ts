import type {CommandSpec, OptionSpecs} from './spec.ts';

const exitStatus =
  'Exit status: 0 done; 2 wrong usage, or a file that cannot be read, understood or written; 1 a fault of this program.';

/** What `--help` prints. */
export function programHelp(commands: readonly CommandSpec[]): string {
  const width = Math.max(...commands.map(({name}) => name.length));
  return [
    'tfjs-bayes: how sure is a model, and how right?',
    '',
    'Usage',
    ...commands.map(({usage}) => `  tfjs-bayes ${usage}`),
    '',
    'Commands',
    ...commands.map(({name, summary}) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'tfjs-bayes COMMAND --help explains one of them, with examples; tfjs-bayes --version prints the version.',
    '',
    exitStatus,
  ].join('\n');
}

/** What `COMMAND --help` prints. */
export function commandHelp({name, summary, usage, about, options, examples}: CommandSpec): string {
  return [
    `tfjs-bayes ${name}: ${summary}`,
    '',
    'Usage',
    `  tfjs-bayes ${usage}`,
    '',
    about,
    '',
    'Options',
    ...optionLines(options),
    '',
    'Examples',
    ...examples.map((example) => `  ${example}`),
    '',
    exitStatus,
  ].join('\n');
}

function optionLines(options: OptionSpecs): string[] {
  const rows = Object.entries({...options, help: {about: 'print this'}}).map(([name, spec]): [string, string] => [
    `--${name}${'value' in spec && spec.value !== undefined ? ` ${spec.value}` : ''}`,
    spec.about,
  ]);
  const width = Math.max(...rows.map(([option]) => option.length));
  return rows.map(([option, text]) => `  ${option.padEnd(width)}  ${text}`);
}

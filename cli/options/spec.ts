/** One option of a command. */
export interface OptionSpec {
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string;
  /** What it does, in some words. */
  readonly about: string;
}

/** Options by their names, without the dashes. */
export type OptionSpecs = {readonly [name: string]: OptionSpec};

/** What the command line gave: a text for an option with a value, true for a switch. */
export type Values = {readonly [name: string]: string | boolean | undefined};

/** A command as users see it. */
export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name of the program. */
  readonly usage: string;
  /** What it does and takes, in some lines. */
  readonly about: string;
  readonly options: OptionSpecs;
  /** Whether files may follow. */
  readonly takesFiles: boolean;
  readonly examples: readonly string[];
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

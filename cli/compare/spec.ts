import {printingOptions} from '../options/printing.ts';
import {readingOptions} from '../options/reading.ts';
import type {CommandSpec} from '../options/spec.ts';

/** The command `compare`. */
export const compareSpec: CommandSpec = {
  name: 'compare',
  summary: 'is one model better than another on the same examples, or was it luck?',
  usage: 'compare FILE FILE [FILE ...] [--baseline FILE] [--json | --markdown | --csv] [options]',
  about: `Each FILE holds the predictions of one model for the same examples in the same order, in any layout that
tfjs-bayes evaluate --help lists. For each loss that is a mean over examples: the difference of every model to the baseline,
negative where the model is better, with its interval and the probability of so large a difference by chance; and the mean rank of
each model over the examples (1 is best, ties share), with the critical difference of Nemenyi's test: ranks that are further apart
differ by more than chance at the level 0.05.`,
  options: {
    ...readingOptions,
    baseline: {value: 'FILE', about: 'what the others are compared with; default the first file'},
    confidence: {value: 'P', about: 'probability of the intervals; default 0.95'},
    test: {value: 'TEST', about: 'paired-t (default) or sign-flip, which assumes less and takes longer'},
    ...printingOptions,
  },
  takesFiles: true,
  examples: [
    'tfjs-bayes compare map.csv laplace.csv',
    'tfjs-bayes compare map.npz laplace.npz ensemble.npz --baseline map.npz --markdown',
  ],
};

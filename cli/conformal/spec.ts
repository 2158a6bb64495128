import {readingOptions} from '../options/reading.ts';
import type {CommandSpec} from '../options/spec.ts';

/** The command `conformal`. */
export const conformalSpec: CommandSpec = {
  name: 'conformal',
  summary: 'sets of classes or intervals that hold the truth as often as asked, whatever the model',
  usage: 'conformal --fit FILE --apply FILE [--alpha A] [--method NAME] [--out FILE] [--json] [options]',
  about: `Takes the threshold from the labelled predictions of --fit and makes a set or an interval for each row of --apply, which
holds the truth with probability 1 - alpha or more where the rows of both files come from one source in random order. Where --apply
has labels, the coverage that was reached is printed. Layouts are those of tfjs-bayes evaluate --help.
Methods for classes: lac (default), aps, raps, saps, margin; for mean and std: normalized (default), absolute; for quantiles or
lower,upper: cqr (default), cqr-width, cqr-median (needs q0.5).`,
  options: {
    fit: {value: 'FILE', about: 'labelled predictions for the threshold'},
    apply: {value: 'FILE', about: 'predictions to make sets or intervals for'},
    alpha: {value: 'A', about: 'how often the truth may be missed; default 0.1'},
    method: {value: 'NAME', about: 'see above'},
    by: {
      value: 'GROUP',
      about: 'class: cover each class as often, which takes many rows of each; cluster: groups of like classes',
    },
    seed: {
      value: 'N',
      about: 'draw what makes the coverage of aps, raps and saps exact; default: larger sets, never empty',
    },
    out: {value: 'FILE', about: 'CSV file: set,size and label, or lower,upper and target'},
    ...readingOptions,
    json: {about: 'print JSON instead of text'},
  },
  takesFiles: false,
  examples: [
    'tfjs-bayes conformal --fit cal.csv --apply test.csv --alpha 0.1 --method aps --out sets.csv',
    'tfjs-bayes conformal --fit cal.npz --apply test.npz --by class',
    'tfjs-bayes conformal --fit quantiles.csv --apply new.csv --method cqr --out intervals.csv',
  ],
};

import {printingOptions} from '../options/printing.ts';
import {readingOptions} from '../options/reading.ts';
import type {CommandSpec} from '../options/spec.ts';

/** The command `evaluate`. */
export const evaluateSpec: CommandSpec = {
  name: 'evaluate',
  summary: 'scores of predictions in files, one file per model, from any framework',
  usage: 'evaluate FILE [FILE ...] [--html FILE] [--json | --markdown | --csv] [options]',
  about: `Each FILE holds the predictions of one model on one test set: CSV with a header, JSON (a list of rows, or lists by name),
NPY, NPZ or Parquet. What a file holds shows in the names of its columns or arrays:
  p0,p1,...,label                 class probabilities and the label, counted from 0; or p alone, of class 1
  logit0,logit1,...,label         logits
  m0_p0,m0_p1,...,m1_p0,...,label probabilities (or m0_logit0, ...) of the members of an ensemble
  mean,std,target                 Gaussian predictions and what was measured
  m0_mean,m0_std,m1_mean,...      Gaussian predictions of members: scored as the mixture that they are
  draw0,draw1,...,target          draws from the predictive distribution
  q0.05,q0.5,q0.95,...,target     quantiles;  lower,upper,target: intervals (--level)
As arrays: probs or logits [N, K], member_probs or member_logits [M, N, K], member_mean and member_std [M, N], draws [S, N],
quantiles [N, Q] with levels [Q]; in the rows of JSON and Parquet a cell may hold the list. An NPY file holds probs, or with
--scale logits logits, and takes --labels FILE.
Several files are compared: they must hold the same examples in the same order. CSV, NPY and Parquet files of more than 16 MiB are
read as a stream, and the plots of the page then show a part of the rows, evenly spread.`,
  options: {
    ...readingOptions,
    bins: {value: 'N', about: 'bins of the calibration error; default 15'},
    details: {about: 'more scores, in groups'},
    ordinal: {about: 'classes have an order: ranked scores among the details'},
    intervals: {value: 'HOW', about: 'print 95% intervals: analytic, of scores that are means, or bootstrap, of all'},
    html: {value: 'FILE', about: 'write a page with plots, which opens without a network'},
    out: {value: 'DIR', about: 'write DIR/report.html and DIR/scores.json'},
    title: {value: 'TEXT', about: 'heading of the page'},
    stream: {about: 'read as a stream whatever the size: little memory, fewer scores'},
    ...printingOptions,
  },
  takesFiles: true,
  examples: [
    'tfjs-bayes evaluate predictions.csv',
    'tfjs-bayes evaluate map.npz laplace.npz ensemble.parquet --html report.html',
    'tfjs-bayes evaluate logits.npy --scale logits --labels labels.npy --json',
    'tfjs-bayes evaluate pets.csv --classes cat,dog,bird --label truth --ignore id',
  ],
};

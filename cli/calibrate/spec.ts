import {printingOptions} from '../options/printing.ts';
import {readingOptions} from '../options/reading.ts';
import type {CommandSpec} from '../options/spec.ts';

/** The command `calibrate`. */
export const calibrateSpec: CommandSpec = {
  name: 'calibrate',
  summary: 'fit a calibration on held-out predictions and apply it to others',
  usage: 'calibrate (--fit FILE | --map FILE) [--apply FILE] [--method NAME] [--out FILE] [--save-map FILE] [options]',
  about: `Fits on the labelled predictions of --fit, or takes a map that was saved, applies it to --apply and, where that file has
labels too, prints the scores before and after. Layouts are those of tfjs-bayes evaluate --help; --out gets p0,p1,... and the label
for classes, mean,std,target after variance-scaling, q0.05,...,q0.95,target after pit. Fit and apply on different examples.
Methods for classes: temperature (default), vector, matrix, dirichlet, platt, beta, histogram, bbq, isotonic, irm, irova-ts,
venn-abers, spline; for mean and std: variance-scaling (default), pit.`,
  options: {
    fit: {value: 'FILE', about: 'labelled predictions to fit on'},
    map: {value: 'FILE', about: 'a map that --save-map wrote, in place of --fit'},
    apply: {value: 'FILE', about: 'predictions to calibrate'},
    method: {value: 'NAME', about: 'see above'},
    out: {value: 'FILE', about: 'CSV file for the calibrated predictions'},
    'save-map': {value: 'FILE', about: 'JSON file for the fitted map'},
    ...readingOptions,
    bins: {value: 'N', about: 'bins of the calibration error; default 15'},
    ...printingOptions,
  },
  takesFiles: false,
  examples: [
    'tfjs-bayes calibrate --fit cal.csv --apply test.csv --out calibrated.csv',
    'tfjs-bayes calibrate --fit cal.npz --method isotonic --save-map map.json',
    'tfjs-bayes calibrate --map map.json --apply new.npz --out calibrated.csv',
  ],
};

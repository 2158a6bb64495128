import {printingOptions} from '../options/printing.ts';
import type {CommandSpec} from '../options/spec.ts';

/** The command `laplace`. */
export const laplaceSpec: CommandSpec = {
  name: 'laplace',
  summary: 'give a trained TensorFlow.js model a posterior, and see what it is worth',
  usage: 'laplace --model model.json --train FILE [--test FILE] [--predictions FILE] [--save FILE] [options]',
  about: `Loads a layers model (model.json and its weight files), fits a Laplace approximation to the data that it was trained on,
tunes the prior precision, and compares the model as it is with the posterior on --test. Data are CSV, JSON, NPZ or Parquet files: a
column or array of labels or targets (label, target or y), and the inputs in the order of the other columns, or one array x
[N, ...]; they must be scaled as the model expects. The weights of the model stay as they are.`,
  options: {
    model: {value: 'FILE', about: 'model.json of a model saved by TensorFlow.js'},
    train: {value: 'FILE', about: 'the data that it was trained on'},
    test: {value: 'FILE', about: 'other data to judge on, and to predict'},
    label: {value: 'NAME', about: 'column of labels or targets; default label, labels, target, targets or y'},
    classes: {value: 'A,B,...', about: 'names of the classes in their order, where labels are these'},
    ignore: {value: 'A,B,...', about: 'columns to pass over'},
    likelihood: {
      value: 'NAME',
      about: 'what the outputs mean: classification, bernoulli, regression or poisson; default by the head',
    },
    weights: {value: 'WHICH', about: 'last-layer (default) or all'},
    structure: {value: 'NAME', about: 'kron (default), full, diag, low-rank, functional or ella'},
    tune: {value: 'HOW', about: 'marginal-likelihood (default) or none'},
    'prior-precision': {value: 'X', about: 'where tuning begins, or what stays with --tune none; default 1'},
    'batch-size': {value: 'N', about: 'examples evaluated at once; default 256'},
    backend: {
      value: 'NAME',
      about: 'wasm, cpu, tfjs-node, tfjs-node-gpu or webgpu; default the fastest that is installed',
    },
    predictions: {value: 'FILE', about: 'CSV file for the predictions on --test, in the layout of evaluate'},
    save: {value: 'FILE', about: 'file for the posterior, for loadPosterior'},
    html: {value: 'FILE', about: 'write a page with plots'},
    ...printingOptions,
  },
  takesFiles: false,
  examples: [
    'tfjs-bayes laplace --model model/model.json --train train.csv --test test.csv',
    'tfjs-bayes laplace --model net/model.json --train train.npz --test test.npz --weights all --html report.html',
    'tfjs-bayes laplace --model net/model.json --train train.csv --likelihood regression --save posterior.bin',
  ],
};

import * as tf from '@tensorflow/tfjs-core';
import {ensembleOf} from '../../../ensembles/index.ts';
import {laplace} from '../../../laplace/index.ts';
import {calibrated} from '../../../src/io/index.ts';
import {type FitCalibrationOptions, fitCalibration} from '../../../src/posterior/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';
import {inputs, smallNet, targets} from '../../ensembles/nets.ts';

const MODELS = {
  categorical: () => smallNet(3, 'softmax'),
  bernoulli: () => smallNet(1, 'sigmoid'),
  gaussian: () => smallNet(2, 'linear'),
  recalibrated: () => smallNet(1, 'linear'),
} as const;

const TARGETS = {
  ...targets,
  gaussian: targets.numbers,
  recalibrated: () => tf.randomNormal([12, 1], 0, 1, 'float32', 9),
} as const;

function row(kind: keyof typeof MODELS, options: FitCalibrationOptions): PosteriorRow {
  const numbers = kind === 'gaussian' || kind === 'recalibrated';
  return {
    name: `calibrated laplace ${kind} ${options.method} ${options.averaging ?? ''}`,
    kind,
    createModel: MODELS[kind],
    inputs,
    targets: TARGETS[kind],
    fit: async (model, x, y) => {
      const posterior = await laplace(model, numbers ? {likelihood: 'gaussian'} : {}).fit(x, y);
      return calibrated(posterior, await fitCalibration(posterior, {x, y}, options));
    },
    samplesWeights: false,
  };
}

/** Calibrated posteriors that the shared tests run on. */
export const calibratedMethods: readonly PosteriorRow[] = [
  row('categorical', {method: 'temperature', averaging: 'before'}),
  row('categorical', {method: 'irm'}),
  row('categorical', {method: 'dirichlet'}),
  row('bernoulli', {method: 'platt'}),
  row('gaussian', {method: 'variance-scaling'}),
  row('recalibrated', {method: 'pit'}),
  {
    ...row('categorical', {method: 'temperature', averaging: 'before'}),
    name: 'calibrated ensemble categorical temperature before',
    ownsWeights: true,
    seesNoData: true,
    fit: async (model, x, y) => {
      const other = smallNet(3, 'softmax', 1);
      const posterior = ensembleOf([model, other]);
      other.dispose();
      return calibrated(posterior, await fitCalibration(posterior, {x, y}, {averaging: 'before'}));
    },
  },
];

import {registerPosteriorLoader} from '../src/io/index.ts';
import {Laplace} from './laplace-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './saved.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) => {
  const {options, fit} = await fromSaved(saved, context);
  return new Laplace(context.model, options, fit);
});

export type {LabelledDataset} from './fit.ts';
export {laplace} from './laplace.ts';
export {Laplace} from './laplace-posterior.ts';
export type {LinearizedOutputs} from './linearized.ts';
export type {LaplaceFitOptions, LaplaceOptions, LaplacePredictOptions, TuneResult} from './options.ts';

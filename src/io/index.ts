export {fromArtifacts, type SavedPosterior, toArtifacts} from './artifacts.ts';
export {type CalibratedPosterior, calibrated} from './calibrated.ts';
export {file} from './file.ts';
export {saveHandler} from './handlers.ts';
export type {Json} from './header.ts';
export {type LoadContext, loadPosterior, type PosteriorLoader, registerPosteriorLoader} from './load-posterior.ts';
export {readSaved} from './read-saved.ts';

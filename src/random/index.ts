export {createRng} from './create-rng.ts';
export type {Rng} from './rng.ts';

import type {PosteriorRow} from '../contracts/rows.ts';
import {ivonMethods} from './ivon/methods.ts';
import {vbllMethods} from './vbll/methods.ts';

/** Every posterior of layers/ that the shared tests run on. */
export const layerMethods: readonly PosteriorRow[] = [...vbllMethods, ...ivonMethods];

import type {PosteriorRow} from '../contracts/rows.ts';
import {bottleneckMethods} from './bottleneck/methods.ts';
import {dropoutMethods} from './dropout/methods.ts';
import {ivonMethods} from './ivon/methods.ts';
import {singlePassMethods} from './single-pass/methods.ts';
import {variationalMethods} from './variational/methods.ts';
import {vbllMethods} from './vbll/methods.ts';

/** Every posterior of layers/ that the shared tests run on. */
export const layerMethods: readonly PosteriorRow[] = [
  ...vbllMethods,
  ...ivonMethods,
  ...dropoutMethods,
  ...bottleneckMethods,
  ...singlePassMethods,
  ...variationalMethods,
];

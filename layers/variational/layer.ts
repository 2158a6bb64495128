import type * as tfl from '@tensorflow/tfjs-layers';
import type {Passes} from './passes.ts';
import type {VariationalWeights} from './variational-weights.ts';

/** A layer, or the cell of a recurrent layer, whose weights have a posterior. */
export interface VariationalLayer extends tfl.layers.Layer {
  /** The weights that have a posterior. @internal */
  readonly q: VariationalWeights;
  /** Where the noise of training stands, for checkpoints: the number of passes so far. */
  noiseState: Int32Array;
}

/** The cell of a recurrent layer, whose weights have a posterior. */
export interface VariationalCell extends tfl.layers.RNNCell, VariationalLayer {}

/** A layer that runs variational layers or cells inside of it: draws for them, and hands on what they pay. */
export interface VariationalHost extends tfl.layers.Layer {
  /** Training passes of the host itself. @internal */
  readonly passes: Passes;
  /** The layers and cells inside that have a posterior. @internal */
  readonly inner: readonly VariationalLayer[];
}

/** A recurrent layer over cells with a posterior. */
export type VariationalRnn = tfl.RNN & VariationalHost;

import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Posterior} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';

/** One method in one setting: buys it every test of `posterior.ts`. */
export interface PosteriorRow {
  readonly name: string;
  /** The kind of its predictions. */
  readonly kind: Predictive['kind'];
  readonly createModel: () => tfl.LayersModel;
  readonly inputs: () => tf.Tensor;
  readonly targets: () => tf.Tensor;
  readonly fit: (model: tfl.LayersModel, x: tf.Tensor, y: tf.Tensor) => Promise<Posterior>;
  /** Whether it draws weight vectors. */
  readonly samplesWeights: boolean;
  /** Whether it holds every weight itself: any model of its architecture loads it, and training the model changes nothing. */
  readonly ownsWeights?: boolean;
  /** Whether `fit` is the user's own training, so that no data reach the method. */
  readonly seesNoData?: boolean;
}

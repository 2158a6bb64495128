import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {AddVariable, FamilyStart, WeightFamily} from './family.ts';

/** A point: every draw is the mean, and there is no KL divergence to pay. */
export class DeterministicFamily implements WeightFamily {
  readonly shape: readonly number[];
  readonly variables: readonly LayerVariable[];
  readonly drawn: readonly LayerVariable[] = [];
  readonly independent = true;
  readonly gaussian = true;
  readonly #mean: LayerVariable;

  /** @internal */
  constructor(shape: number[], addVariable: AddVariable, start: FamilyStart) {
    this.shape = shape;
    this.#mean = addVariable('mean', shape, () => tf.clone(start.mean));
    this.variables = [this.#mean];
  }

  mean(): tf.Tensor {
    return tf.clone(this.#mean.read());
  }

  variance(): tf.Tensor {
    return tf.zeros([...this.shape]);
  }

  sample(): tf.Tensor {
    return this.mean();
  }

  draw(): tf.Tensor[] {
    return [];
  }

  closedForm(): boolean {
    return true;
  }

  klDivergence(): tf.Scalar {
    return tf.scalar(0);
  }
}

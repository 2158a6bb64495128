import type * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {WeightFamily} from './families/index.ts';

/**
 * A weight with a posterior, in the place where a stock layer keeps a `LayerVariable`, of which it only ever reads the value:
 * its mean, or for a while another value.
 */
export class RandomWeight {
  /** Name of the weight in its layer, such as `kernel`. */
  readonly name: string;
  /** q(w). */
  readonly family: WeightFamily;
  /** Read instead of the mean while a draw is in place; whoever puts it there takes it away. */
  value: tf.Tensor | undefined;
  /** w - E[w] of the draw in place, for Flipout. */
  deviation: tf.Tensor | undefined;

  constructor(name: string, family: WeightFamily) {
    this.name = name;
    this.family = family;
  }

  /** Shape of the weight. */
  get shape(): readonly number[] {
    return this.family.shape;
  }

  /** The value that the layer computes with. */
  read(): tf.Tensor {
    return this.value ?? this.family.mean();
  }

  /** Whether any parameter is trained. */
  get trainable(): boolean {
    return this.family.variables.some((variable) => variable.trainable);
  }

  /** Seen as what stock layers keep. */
  asVariable(): LayerVariable {
    return this as unknown as LayerVariable;
  }
}

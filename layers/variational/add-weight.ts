import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {VariationalLayer} from './layer.ts';

type Initializer = ReturnType<typeof tfl.initializers.zeros>;

/** What stock layers hand to `addWeight`. */
export type AddWeightArguments = [
  name: string,
  shape: tfl.Shape,
  dtype?: tf.DataType,
  initializer?: Initializer,
  regularizer?: ReturnType<typeof tfl.regularizers.l2>,
  trainable?: boolean,
  constraint?: ReturnType<typeof tfl.constraints.nonNeg>,
];

/**
 * What a variational layer does where its stock class adds a weight: gives it a posterior, whose parameters `addWeight` adds,
 * or lets it be added as ever.
 *
 * @throws ConfigError for a weight with a posterior and a regularizer or constraint: the prior has that place.
 */
export function addRandomWeight(
  layer: VariationalLayer,
  given: AddWeightArguments,
  addWeight: (...args: AddWeightArguments) => tfl.LayerVariable,
): tfl.LayerVariable {
  const [name, shape, dtype, initializer, regularizer, trainable, constraint] = given;
  if (layer.q.familyOf(name) === undefined) return addWeight(...given);
  if (regularizer != null || constraint != null) {
    throw new ConfigError(
      `${layer.getClassName()}: expected no ${regularizer ? 'regularizer' : 'constraint'} on '${name}' of '${layer.name}', ` +
        'got one: the prior has its place. Leave it out, and choose the prior instead.',
    );
  }
  const {fastWeightInitDuringBuild} = layer as unknown as {fastWeightInitDuringBuild: boolean};
  let variable: tfl.LayerVariable | undefined;
  tf.tidy(() => {
    const mean =
      fastWeightInitDuringBuild || !initializer
        ? tf.zeros(shape as number[])
        : initializer.apply(shape as number[], dtype ?? 'float32');
    variable = layer.q.add(name, mean, (suffix, ofParameter, initial) =>
      addWeight(
        `${name}_${suffix}`,
        ofParameter,
        dtype,
        {apply: initial} as unknown as Initializer,
        undefined,
        trainable,
      ),
    );
  });
  return variable as unknown as tfl.LayerVariable;
}

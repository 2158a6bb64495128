import * as tf from '@tensorflow/tfjs-core';
import {LayerVariable} from '@tensorflow/tfjs-layers';
import {createFamily, type FamilyChoice, type WeightFamily} from '../../../../layers/variational/families/index.ts';
import {normalTensor} from '../../../../src/backend/index.ts';
import {createRng, type Rng} from '../../../../src/random/index.ts';

/** A family outside any layer, at these means and standard deviations. */
export function familyAt(
  choice: FamilyChoice,
  shape: readonly number[],
  mean: readonly number[],
  scale: number | readonly number[],
): WeightFamily {
  const start = {
    mean: tf.tensor([...mean], [...shape]),
    scale: typeof scale === 'number' ? scale : tf.tensor([...scale], [...shape]),
  };
  const add = (suffix: string, _: number[], initial: () => tf.Tensor): LayerVariable => {
    const value = tf.tidy(initial);
    const variable = new LayerVariable(value, 'float32', suffix);
    value.dispose();
    return variable;
  };
  const family = createFamily(choice, shape, add, start);
  tf.dispose([start.mean, start.scale]);
  return family;
}

/** Adds seeded noise to every parameter, so that nothing stands at its start. */
export function perturb(family: WeightFamily, spread = 0.3): WeightFamily {
  const rng = createRng(7);
  for (const variable of family.variables) {
    const moved = tf.tidy(() => tf.add(variable.read(), tf.mul(normalTensor(rng, variable.shape as number[]), spread)));
    variable.write(moved);
    moved.dispose();
  }
  return family;
}

/** Disposes the parameters of families. */
export function disposeFamily(family: WeightFamily): void {
  tf.dispose(family.variables.map((variable) => variable.read()));
}

/** The numbers of a tensor, which is disposed. */
export async function numbers(tensor: tf.Tensor): Promise<number[]> {
  const values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

/** A stream whose normals are the given ones, in order, then zeros; `taken` counts them. */
export function scriptedRng(script: ArrayLike<number>): {rng: Rng; taken: () => number} {
  let next = 0;
  const rng: Rng = {
    ...createRng(0),
    normals: (n, out = new Float64Array(n)) => {
      for (let i = 0; i < n; i++) out[i] = script[next++] ?? 0;
      return out;
    },
  };
  return {rng, taken: () => next};
}

/**
 * The matrix A of a Gaussian family, w = mean + A eps, read off by unit noise: `[j]` is column j, the deviation that the j-th
 * normal brings about.
 */
export async function noiseColumns(family: WeightFamily): Promise<number[][]> {
  const mean = await numbers(family.mean());
  const {rng, taken} = scriptedRng([]);
  family.sample(rng).dispose();
  const columns: number[][] = [];
  for (let j = 0; j < taken(); j++) {
    const unit = new Float64Array(taken());
    unit[j] = 1;
    const draw = await numbers(family.sample(scriptedRng(unit).rng));
    columns.push(draw.map((value, i) => value - (mean[i] as number)));
  }
  return columns;
}

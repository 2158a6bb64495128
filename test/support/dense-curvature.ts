import type * as tf from '@tensorflow/tfjs-core';
import {Matrix as Oracle} from 'ml-matrix';
import {
  type Curvature,
  createCurvature,
  DiagCurvature,
  FullCurvature,
  GeneralizedGaussNewton,
  type KronBlock,
  KronCurvature,
  type SummedCurvature,
  type SummedStructure,
  type WeightLayout,
  weightLayouts,
} from '../../src/curvature/index.ts';
import {categorical} from '../../src/likelihoods/index.ts';
import type {Net} from '../../src/models/index.ts';

/** The curvature matrix written out in full, whatever structure it is kept in. */
export function denseCurvature(curvature: Curvature): Oracle {
  const size = curvature.layouts.reduce((sum, layout) => sum + layout.size, 0);
  if (curvature instanceof FullCurvature) return Oracle.from1DArray(size, size, Array.from(curvature.matrix));
  if (curvature instanceof DiagCurvature) {
    return Oracle.diag(curvature.diagonals.flatMap((diagonal) => Array.from(diagonal)));
  }
  if (!(curvature instanceof KronCurvature)) throw new TypeError(curvature.structure);
  const matrix = Oracle.zeros(size, size);
  let offset = 0;
  curvature.layouts.forEach((layout, i) => {
    addKronBlock(matrix, offset, layout, curvature.blocks[i] as KronBlock);
    offset += layout.size;
  });
  return matrix;
}

/** A weight is laid out [inputs, groups, outputs]; different groups have no curvature in common. */
function addKronBlock(matrix: Oracle, offset: number, layout: WeightLayout, {inputs, outputs, count}: KronBlock): void {
  const {inputs: rows, groups, outputs: columns, kind} = layout;
  const inputMoment = (k: number, i: number, j: number): number => {
    if (kind === 'lookup') return i === j ? (inputs[i] as number) : 0;
    return inputs[(k * rows + i) * rows + j] as number;
  };
  const at = (i: number, k: number, o: number): number => offset + (i * groups + k) * columns + o;
  for (let k = 0; k < groups; k++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < rows; j++) {
        for (let o = 0; o < columns; o++) {
          for (let p = 0; p < columns; p++) {
            const gradient = outputs[(k * columns + o) * columns + p] as number;
            matrix.set(at(i, k, o), at(j, k, p), (inputMoment(k, i, j) / count) * gradient);
          }
        }
      }
    }
  }
}

/** The curvature of all weights of a net with three classes at x and integer labels y. */
export async function curvatureOf(
  net: Net,
  x: tf.Tensor,
  y: tf.Tensor,
  structure: SummedStructure,
): Promise<SummedCurvature> {
  const sum = createCurvature(structure, weightLayouts(net, 'all', x));
  const targets = await categorical().prepareTargets(y, [y.size, 3], 'test');
  await new GeneralizedGaussNewton(net, categorical(), 'all', sum).add(x, targets);
  targets.dispose();
  return sum;
}

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  fitVbllHead,
  type VbllHead,
  vbllClassification,
  vbllGenerativeClassification,
  vbllHeteroscedasticClassification,
  vbllHeteroscedasticRegression,
  vbllPosterior,
  vbllRegression,
  vbllStudentTClassification,
  vbllStudentTRegression,
} from '../../../layers/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const N = 12;
const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});

function under(last: tfl.layers.Layer): tfl.LayersModel {
  const hidden = tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)});
  return tfl.sequential({layers: [hidden, last]});
}

const labels = (): tf.Tensor =>
  tf.tensor1d(
    Array.from({length: N}, (_, i) => (i * 5) % 3),
    'int32',
  );
const oneHot = (): tf.Tensor => tf.tidy(() => tf.cast(tf.oneHot(labels() as tf.Tensor1D, 3), 'float32'));
const numbers = (): tf.Tensor => tf.randomNormal([N, 2], 0, 1, 'float32', 9);

const inputs = (): tf.Tensor => tf.randomNormal([N, 2], 0, 1, 'float32', 8);

/** A model that ends in a head, as it is trained. */
function trained(name: string, kind: PosteriorRow['kind'], createHead: () => VbllHead): PosteriorRow {
  return {
    name: `vbllPosterior ${name}`,
    kind,
    createModel: () => under(createHead()),
    inputs,
    targets: kind === 'categorical' ? oneHot : numbers,
    fit: async (model) => vbllPosterior(model),
    samplesWeights: false,
    seesNoData: true,
  };
}

/** A Dense model whose last layer is replaced. */
function replaced(name: string, kind: PosteriorRow['kind'], createHead?: () => VbllHead): PosteriorRow {
  const options = {epochs: 3, batchSize: 5, ...(kind === 'gaussian' && {likelihood: 'gaussian'})};
  const activation = kind === 'categorical' ? 'softmax' : 'linear';
  const units = kind === 'categorical' ? 3 : 2;
  return {
    name: `fitVbllHead ${name}`,
    kind,
    createModel: () => under(tfl.layers.dense({units, activation, kernelInitializer: normal(2)})),
    inputs,
    targets: kind === 'gaussian' ? numbers : labels,
    fit: (model, x, y) => fitVbllHead(model, x, y, {...options, ...(createHead && {head: createHead()})}),
    samplesWeights: false,
  };
}

/** Every VBLL posterior that the shared tests run on. */
export const vbllMethods: readonly PosteriorRow[] = [
  ...(['diagonal', 'dense', 'low-rank', 'dense-precision'] as const).flatMap((covariance) => [
    trained(`regression ${covariance}`, 'gaussian', () =>
      vbllRegression({units: 2, trainSize: N, covariance, seed: 1}),
    ),
    trained(`classification ${covariance}`, 'categorical', () =>
      vbllClassification({units: 3, trainSize: N, covariance, seed: 1}),
    ),
  ]),
  trained('generative classification', 'categorical', () =>
    vbllGenerativeClassification({units: 3, trainSize: N, seed: 1}),
  ),
  trained('Student-t regression', 'student-t', () => vbllStudentTRegression({units: 2, trainSize: N, dof: 3, seed: 1})),
  trained('heteroscedastic regression', 'mixture', () =>
    vbllHeteroscedasticRegression({units: 2, trainSize: N, seed: 1}),
  ),
  trained('Student-t classification', 'categorical', () =>
    vbllStudentTClassification({units: 3, trainSize: N, seed: 1}),
  ),
  trained('heteroscedastic classification', 'categorical', () =>
    vbllHeteroscedasticClassification({units: 3, trainSize: N, seed: 1}),
  ),
  trained('classification by a tilted bound', 'categorical', () =>
    vbllClassification({units: 3, trainSize: N, bound: 'reduced-knowles-minka', seed: 1}),
  ),
  replaced('regression', 'gaussian'),
  replaced('classification', 'categorical'),
  replaced('generative classification', 'categorical', () =>
    vbllGenerativeClassification({units: 3, trainSize: N, seed: 1}),
  ),
];

import * as tfl from '@tensorflow/tfjs-layers';
import {
  batchEnsemble,
  lastLayerEnsemble,
  type MemberPosteriorOptions,
  masksembles,
  memberPosterior,
  mimo,
  packedEnsemble,
  rankOneEnsemble,
} from '../../../ensembles/index.ts';
import {concreteDropout, dropoutMasks} from '../../../layers/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';
import {inputs, smallNet, targets} from '../nets.ts';

/** A row of a model whose members are told apart as they start. */
function row(
  name: string,
  kind: PosteriorRow['kind'],
  createModel: () => tfl.LayersModel,
  options: MemberPosteriorOptions = {},
): PosteriorRow {
  return {
    name,
    kind,
    createModel,
    inputs,
    targets: kind === 'mixture' ? targets.numbers : kind === 'bernoulli' ? targets.bernoulli : targets.categorical,
    samplesWeights: false,
    ownsWeights: true,
    seesNoData: true,
    fit: async (model) => memberPosterior(model, options),
  };
}

/** Every efficient ensemble that the shared tests run on. */
export const efficientMethods: readonly PosteriorRow[] = [
  row('batchEnsemble categorical, with BatchNormalization', 'categorical', () =>
    batchEnsemble(smallNet(3, 'softmax', 0, true), {members: 3, start: 'signs'}),
  ),
  row(
    'rankOneEnsemble gaussian',
    'mixture',
    () => rankOneEnsemble(smallNet(2, 'linear'), {members: 2, trainSize: 12, initialScale: 0.2}),
    {likelihood: 'gaussian', noiseScale: 0.5, samples: 6},
  ),
  row(
    'batchEnsemble categorical, with concrete dropout and its masks',
    'categorical',
    () => {
      const net = smallNet(3, 'softmax');
      const [first, layer] = net.layers as [tfl.layers.Layer, tfl.layers.Layer];
      const last = concreteDropout({layer, trainSize: 12, rate: 0.3, seed: 1});
      const model = tfl.sequential({layers: [first, tfl.layers.dropout({rate: 0.2}), last]});
      return batchEnsemble(model, {members: 3, start: 'signs'});
    },
    {masks: dropoutMasks(), samples: 6},
  ),
  row('masksembles bernoulli', 'bernoulli', () => masksembles(smallNet(1, 'sigmoid'), {members: 3, scale: 1.5})),
  row('lastLayerEnsemble categorical', 'categorical', () =>
    lastLayerEnsemble(smallNet(3, 'softmax'), {members: 3, freeze: true}),
  ),
  row('mimo heteroscedastic-gaussian', 'mixture', () => mimo(smallNet(4, 'linear'), {members: 3}), {
    likelihood: 'heteroscedastic-gaussian',
  }),
  row('packedEnsemble categorical', 'categorical', () =>
    packedEnsemble(smallNet(3, 'softmax'), {members: 3, alpha: 2}),
  ),
];

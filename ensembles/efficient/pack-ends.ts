import type * as tfl from '@tensorflow/tfjs-layers';
import {MeanOfMembers} from './mean-of-members.ts';
import type {MovedHead} from './member-ends.ts';
import {MemberFlatten, PackMembers, UnpackMembers} from './pack-members.ts';
import type {GraphChange, LayerCall} from './rebuild-graph.ts';
import {RepeatMembers} from './repeat-members.ts';

/** Layers that treat each channel by itself, so that it does not matter whose it is; those with weights have one per channel. */
const PER_CHANNEL =
  /^(ReLU|LeakyReLU|ELU|ThresholdedReLU|(Alpha|Gaussian)?Dropout|SpatialDropout1D|GaussianNoise|(Global)?(Average|Max)Pooling[12]D|ZeroPadding2D|Cropping2D|UpSampling2D|Add|Average|Maximum|Minimum|Multiply|BatchNormalization)$/;

/** Whether channels of several members may go through the layer together. */
export function keepsChannelsApart(layer: tfl.layers.Layer): boolean {
  if (PER_CHANNEL.test(layer.getClassName())) return true;
  return layer.getClassName() === 'Activation' && layer.getConfig().activation !== 'softmax';
}

/** Flatten for channels of several members. */
export function flattenPacked({inputs, put}: LayerCall, members: number): tfl.SymbolicTensor {
  return put('members', inputs, (name) => new MemberFlatten({members, name}));
}

/** The two ends of an ensemble whose members' rows lie side by side along the channels; `entered` hears of each packed input. */
export function packedEnds(
  members: number,
  {activation}: MovedHead,
  entered: (packed: tfl.SymbolicTensor) => void = () => undefined,
): Pick<GraphChange, 'enter' | 'leave'> {
  let rows: tfl.SymbolicTensor | undefined;
  return {
    enter(input) {
      const {name} = input.sourceLayer;
      rows = new RepeatMembers({members, name: `${name}_members`}).apply(input) as tfl.SymbolicTensor;
      const packed = new PackMembers({members, name: `${name}_packed`}).apply(rows) as tfl.SymbolicTensor;
      entered(packed);
      return packed;
    },
    leave(output) {
      const unpacked = new UnpackMembers({members, name: 'unpacked'}).apply([output, rows as tfl.SymbolicTensor]);
      const end = new MeanOfMembers({members, activation, name: 'mean_of_members'});
      return end.apply(unpacked as tfl.SymbolicTensor) as tfl.SymbolicTensor;
    },
  };
}

import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {unwrapTimeDistributed} from '../../src/models/graph.ts';
import {splitHead} from '../../src/models/head.ts';
import {createNet} from '../../src/models/index.ts';
import {linearSettings} from '../../src/models/linear-wrapper.ts';
import {MeanOfMembers} from './mean-of-members.ts';
import {calledLayers, type GraphChange, type LayerCall} from './rebuild-graph.ts';
import {RepeatMembers} from './repeat-members.ts';

/** A model's head, which moves behind the last layer: into the mean of the members. */
export interface MovedHead {
  /** The activation that it takes along. */
  readonly activation: 'linear' | 'softmax' | 'sigmoid';
  /** Whether this call is the head: its activation is to be left out. */
  isHead(layer: tfl.layers.Layer): boolean;
  /** What takes the place of a call that nothing else changes. */
  keep(call: LayerCall): readonly tfl.SymbolicTensor[];
}

/** Finds the head of a model, which it builds where that has not been done. Throws `ConfigError` for several outputs. */
export function moveHead(model: tfl.LayersModel, caller: string): MovedHead {
  createNet(model, {caller});
  const {kind, overrides} = splitHead(model, caller);
  const [override] = overrides;
  const isHead = (layer: tfl.layers.Layer): boolean => unwrapTimeDistributed(layer) === override?.target;
  if (override && !calledLayers(model).some(isHead)) {
    throw new ConfigError(
      `${caller}: expected the final ${kind} outside of a model that is time-distributed, got it inside of one. ` +
        'Move it behind, as tf.layers.softmax() or an activation.',
    );
  }
  return {
    activation: kind,
    isHead,
    keep(call) {
      if (!isHead(call.layer)) return call.copy();
      return override?.key === 'call'
        ? call.inputs
        : call.copy(undefined, linearSettings(call.layer, {activation: 'linear'}));
    },
  };
}

/** The two ends of an ensemble whose members have rows of their own all the way. */
export function rowEnds(members: number, {activation}: MovedHead): Pick<GraphChange, 'enter' | 'leave'> {
  return {
    enter: (input) =>
      new RepeatMembers({members, name: `${input.sourceLayer.name}_members`}).apply(input) as tfl.SymbolicTensor,
    leave: (output) =>
      new MeanOfMembers({members, activation, name: 'mean_of_members'}).apply(output) as tfl.SymbolicTensor,
  };
}

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {MemberCallback, MemberContext} from '../../../ensembles/index.ts';
import {betaNll} from '../../../src/likelihoods/index.ts';

/** A net that predicts means and variances under a loss that is a function. */
export function create({rng}: MemberContext): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotNormal({seed: Math.floor((rng.uniforms(1)[0] as number) * 1e9)});
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [2], kernelInitializer})]});
  model.compile({optimizer: tf.train.adam(0.05), loss: betaNll()});
  return model;
}

/** Where the environment says so, member 1 ends its thread. */
export function callbacks(member: number): MemberCallback {
  const dies = member === 1 && process.env.TEST_MEMBER_1 === 'exit';
  return {
    onEpochEnd: async () => {
      if (dies) process.exit(3);
    },
  };
}

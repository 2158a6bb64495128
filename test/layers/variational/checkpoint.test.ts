import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {bayesBidirectional, bayesDense, bayesLstm} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {checkpointTraining, createRng, resumeTraining, shuffledBatches} from '../../../src/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const q = {trainSize: 12, bias: 'mean-field'} as const;

/** A compiled model with every sort of noise that layers with posteriors have. */
function compiled(): tfl.LayersModel {
  const layer = bayesLstm({name: 'lstm', units: 2, ...q});
  const model = tfl.sequential({
    layers: [
      bayesBidirectional({name: 'both', layer, mergeMode: 'concat', inputShape: [3, 2]}),
      bayesDense({name: 'local', units: 3, estimator: 'local-reparameterization', ...q}),
      tfl.layers.batchNormalization({name: 'normalization'}),
      bayesDense({name: 'last', units: 1, prior: 'laplace', ...q}),
    ],
  });
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  return model;
}

async function train(model: tfl.LayersModel, initialEpoch: number, callbacks: tfl.Callback[]): Promise<void> {
  const [x, y] = [tf.randomNormal([12, 3, 2], 0, 1, 'float32', 3), tf.randomNormal([12, 1], 0, 1, 'float32', 4)];
  try {
    const data = shuffledBatches(x, y, {batchSize: 4, rng: createRng(1), initialEpoch});
    await model.fitDataset(data, {epochs: 4, initialEpoch, verbose: 0, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

async function weightsOf(model: tfl.LayersModel): Promise<number[]> {
  return (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((part) => Array.from(part));
}

/** Kills training in the middle of an epoch. */
function killAt(epoch: number): tfl.Callback {
  let current = 0;
  const onEpochBegin = async (begun: number): Promise<void> => void (current = begun);
  const onBatchEnd = async (batch: number): Promise<void> => {
    if (current === epoch && batch === 1) throw new Error('killed');
  };
  return new tfl.CustomCallback({onEpochBegin, onBatchEnd}, 'auto') as unknown as tfl.Callback;
}

function disposeAll(model: tfl.LayersModel): void {
  model.optimizer.dispose();
  model.dispose();
}

describe('checkpoints of variational training', () => {
  before(async () => {
    await initBackend({prefer: 'wasm'});
  });

  it('goes on after a kill on the very trajectory that was interrupted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    try {
      const path = join(folder, 'run');
      const whole = compiled();
      const start = whole.getWeights().map((weight) => weight.clone());
      await train(whole, 0, []);

      const first = compiled();
      first.setWeights(start);
      expect(await resumeTraining(first, path)).to.equal(0);
      let killed: unknown;
      await train(first, 0, [checkpointTraining(path), killAt(2)]).catch((error: unknown) => {
        killed = error;
      });
      expect(killed).to.match(/killed/);
      expect(await readdir(folder)).to.deep.equal(['run']);

      const second = compiled();
      const epoch = await resumeTraining(second, path);
      expect(epoch).to.equal(2);
      await train(second, epoch, []);
      closeTo(await weightsOf(second), await weightsOf(whole), {rtol: 0});
    } finally {
      await rm(folder, {recursive: true});
    }
  });

  it('leaves no tensors behind', async () => {
    await expectNoLeak(async () => {
      let saved: tf.io.ModelArtifacts = {};
      const place = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      });
      const [model, other] = [compiled(), compiled()];
      await train(model, 3, [checkpointTraining(place)]);
      expect(await resumeTraining(other, tf.io.fromMemory(saved))).to.equal(4);
      closeTo(await weightsOf(other), await weightsOf(model), {rtol: 0});
      disposeAll(model);
      disposeAll(other);
    });
  });
});

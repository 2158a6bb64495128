import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type DeepEnsemble, deepEnsemble} from '../../ensembles/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {createRng} from '../../src/random/index.ts';
import {inputs, targets} from './nets.ts';

type Initializer = ReturnType<typeof tfl.initializers.glorotNormal>;

/** How {@link resumableEnsemble} is trained. */
export const resumable = {epochs: 2, batchSize: 5} as const;

/** Small classifiers, all of their randomness from the stream. */
export function resumableEnsemble({members = 5, seed = 1, workers = 1} = {}): DeepEnsemble {
  return deepEnsemble({
    create: ({rng}) => {
      const [one, two] = Array.from(rng.uniforms(2), (uniform) =>
        tfl.initializers.glorotNormal({seed: Math.floor(uniform * 1e9)}),
      ) as [Initializer, Initializer];
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: one}),
          tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: two}),
        ],
      });
      model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
      return model;
    },
    members,
    workers,
    rng: createRng(seed),
  });
}

/** Run as a program with a folder and a number of workers: trains into it and dies when the first two members are saved. */
if (process.argv[1] === import.meta.filename) {
  await initBackend({prefer: 'wasm'});
  const [folder, workers] = process.argv.slice(2) as [string, string];
  await resumableEnsemble({workers: Number(workers)}).fit(inputs(), targets.categorical(), {
    ...resumable,
    checkpoints: folder,
    onProgress: async ({member}) => {
      if (member !== 2) return;
      while (!existsSync(join(folder, 'member-1'))) await nextTurn();
      process.kill(process.pid, 'SIGKILL');
    },
  });
}

import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {deepEnsemble, type EnsemblePosterior, type EnsembleProgress, ensembleOf} from '../../ensembles/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError, DataError} from '../../src/errors.ts';
import {betaNll} from '../../src/likelihoods/index.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {inputs, smallNet, targets} from './nets.ts';
import {resumable, resumableEnsemble} from './resumable.ts';

async function numbersOf(posterior: EnsemblePosterior): Promise<number[][]> {
  return Promise.all(
    posterior.members.map(async (weights) =>
      (await Promise.all(weights.map((weight) => weight.data()))).flatMap((values) => Array.from(values)),
    ),
  );
}

function removingFolder(body: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ensemble-'));
    try {
      await body(folder);
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  };
}

describe('deepEnsemble', () => {
  before(async () => {
    await initBackend(); // the program that is killed uses its kernels too, and bits are compared
  });

  it('averages the probabilities of its members, each trained on its own', async () => {
    const [x, y] = [inputs(), targets.categorical()];
    await expectNoLeak(async () => {
      const posterior = await resumableEnsemble().fit(x, y, resumable);
      const [predictive, members] = [await posterior.predict(x, {keepMembers: true}), await numbersOf(posterior)];
      if (predictive.kind !== 'categorical') throw new Error(predictive.kind);
      expect(new Set(members.map(([first]) => first)).size).to.equal(5);
      const mean = tf.mean(predictive.memberProbs as tf.Tensor, 0);
      closeTo(await predictive.probs.data(), await mean.data(), {rtol: 1e-5});
      const [center] = posterior.mean;
      closeTo(
        (await (center as tf.Tensor).data())[0] as number,
        members.reduce((sum, [first]) => sum + (first as number) / 5, 0),
        {rtol: 1e-5},
      );
      predictive.dispose();
      mean.dispose();
      posterior.dispose();
    });
    tf.dispose([x, y]);
  });

  it('trains as fit does: the batches of the stream, one pass after the other', async () => {
    const [x, y] = [inputs(), targets.numbers()];
    const create = (): tfl.LayersModel => {
      const model = smallNet(2, 'linear');
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model;
    };
    const rng = createRng(7);
    const options = {create, members: 1, likelihood: 'gaussian', rng} as const;
    const posterior = await deepEnsemble(options).fit(x, y, {epochs: 2, batchSize: 5});
    const model = create();
    const order = rng.fork(0).fork('batches');
    // fitDataset asks for an iterator once before the first epoch.
    for (const pass of [1, 2]) {
      const rows = order.fork(pass).permutation(12);
      for (const start of [0, 5, 10]) {
        const batch = tf.tensor1d(Int32Array.from(rows.slice(start, start + 5)), 'int32');
        const [xs, ys] = [tf.gather(x, batch), tf.gather(y, batch)];
        await model.trainOnBatch(xs, ys);
        tf.dispose([batch, xs, ys]);
      }
    }
    const expected = await Promise.all(model.getWeights().map((weight) => weight.data()));
    closeTo(
      (await numbersOf(posterior))[0] as number[],
      expected.flatMap((values) => Array.from(values)),
      {rtol: 1e-6},
    );
    const residual = tf.tidy(() => tf.sqrt(tf.mean(tf.square(tf.sub(model.predict(x) as tf.Tensor, y)))));
    closeTo(posterior.likelihood.noiseScale as number, (await residual.data())[0] as number, {rtol: 1e-5});
    posterior.dispose();
    model.dispose();
    tf.dispose([x, y, residual]);
  });

  it('reports progress from 0 to 1, hands callbacks to each member and validates', async () => {
    const [x, y] = [inputs(), targets.categorical()];
    const seen: EnsembleProgress[] = [];
    const ended: number[] = [];
    const posterior = await resumableEnsemble({members: 2}).fit(x, y, {
      ...resumable,
      validationData: [x, y],
      callbacks: (member) => [
        {onTrainEnd: () => void ended.push(member)},
        tfl.callbacks.earlyStopping({monitor: 'val_loss'}),
      ],
      onProgress: (progress) => void seen.push(progress),
    });
    expect(seen.map(({member, epoch, fraction}) => [member, epoch, fraction])).to.deep.equal([
      [0, 1, 0.25],
      [0, 2, 0.5],
      [1, 1, 0.75],
      [1, 2, 1],
    ]);
    expect(seen.every(({logs}) => (logs.val_loss as number) > 0 && (logs.loss as number) > 0)).to.equal(true);
    expect(ended).to.deep.equal([0, 1]);
    posterior.dispose();
    tf.dispose([x, y]);
  });

  it('trains the same with labels under the sparse loss as with one-hot rows', async () => {
    const [x, y] = [inputs(), targets.categorical()];
    const found: number[][] = [];
    for (const loss of ['sparseCategoricalCrossentropy', 'categoricalCrossentropy']) {
      const create = (): tfl.LayersModel => {
        const model = smallNet(3, 'softmax');
        model.compile({optimizer: 'sgd', loss});
        return model;
      };
      const posterior = await deepEnsemble({create, members: 1}).fit(x, y, {batchSize: 5});
      found.push((await numbersOf(posterior))[0] as number[]);
      posterior.dispose();
    }
    closeTo(found[1] as number[], found[0] as number[], {rtol: 1e-4, atol: 1e-6});
    tf.dispose([x, y]);
  });

  it('fits means and variances that depend on the input', async () => {
    const rows = 400;
    const noise = createRng(3).normals(rows);
    const at = Float32Array.from({length: rows}, (_, i) => (2 * i) / rows - 1);
    const scale = (value: number): number => (value < 0 ? 0.1 : 0.6);
    const x = tf.tensor2d(at, [rows, 1]);
    const y = tf.tensor2d(
      at.map((value, i) => value + scale(value) * (noise[i] as number)),
      [rows, 1],
    );
    const posterior = await deepEnsemble({
      create: ({member}) => {
        const kernel = (seed: number) => tfl.initializers.glorotNormal({seed: 10 * member + seed});
        const model = tfl.sequential({
          layers: [
            tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [1], kernelInitializer: kernel(1)}),
            tfl.layers.dense({units: 2, kernelInitializer: kernel(2)}),
          ],
        });
        model.compile({optimizer: tf.train.adam(0.03), loss: betaNll()});
        return model;
      },
      members: 2,
      likelihood: 'heteroscedastic-gaussian',
    }).fit(x, y, {epochs: 60, batchSize: 100});
    const probes = tf.tensor2d([[-0.6], [0.6]]);
    const predictive = await posterior.predict(probes);
    if (predictive.kind !== 'mixture') throw new Error(predictive.kind);
    const [mean, variance] = [await predictive.mean.data(), await predictive.aleatoricVariance.data()];
    closeTo(mean, [-0.6, 0.6], {atol: 0.2});
    closeTo(Math.sqrt(variance[0] as number), 0.1, {rtol: 0.35});
    closeTo(Math.sqrt(variance[1] as number), 0.6, {rtol: 0.35});
    predictive.dispose();
    posterior.dispose();
    tf.dispose([x, y, probes]);
  });

  for (const workers of [1, 2]) {
    it(
      `killed after two of five members, gives the same five as an unbroken run; with workers: ${workers}`,
      removingFolder(async (folder) => {
        const [x, y] = [inputs(), targets.categorical()];
        const args = ['--import', 'tsx', join(import.meta.dirname, 'resumable.ts'), folder, String(workers)];
        const killed = spawnSync(process.execPath, args, {encoding: 'utf8'});
        expect(killed.signal, killed.stderr).to.equal('SIGKILL');
        expect(readdirSync(folder).sort()).to.deep.equal(['member-0', 'member-1']);

        const resumed: number[] = [];
        const onProgress = (progress: EnsembleProgress): void => {
          if (progress.resumed) resumed.push(progress.member);
        };
        const second = await resumableEnsemble({workers}).fit(x, y, {...resumable, checkpoints: folder, onProgress});
        expect(resumed).to.deep.equal([0, 1]);
        const unbroken = await resumableEnsemble().fit(x, y, resumable);
        expect(await numbersOf(second)).to.deep.equal(await numbersOf(unbroken));
        second.dispose();
        unbroken.dispose();
        tf.dispose([x, y]);
      }),
    );
  }

  for (const workers of [1, 2]) {
    it(
      `refuses a damaged checkpoint by name and keeps the others; with workers: ${workers}`,
      removingFolder(async (folder) => {
        const [x, y] = [inputs(), targets.categorical()];
        const resumed: number[] = [];
        const train = (): Promise<EnsemblePosterior> =>
          resumableEnsemble({members: 3, workers}).fit(x, y, {
            ...resumable,
            checkpoints: folder,
            onProgress: (progress) => {
              if (progress.resumed) resumed.push(progress.member);
            },
          });
        const whole = await train();
        const damaged = join(folder, 'member-1');
        const bytes = readFileSync(damaged);
        bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 255;
        writeFileSync(damaged, bytes);
        writeFileSync(join(folder, 'member-2'), 'nothing');

        const warnings: string[] = [];
        const restore = onWarning((message) => warnings.push(message));
        await expectNoLeak(async () => {
          const again = await train();
          expect(await numbersOf(again)).to.deep.equal(await numbersOf(whole));
          again.dispose();
        });
        restore();
        expect(resumed).to.deep.equal([0]);
        expect(warnings.map((warning) => /member-[12]/.exec(warning)?.[0])).to.deep.equal(['member-1', 'member-2']);
        whole.dispose();
        tf.dispose([x, y]);
      }),
    );
  }

  it(
    'refuses the checkpoints of another run',
    removingFolder(async (checkpoints) => {
      const [x, y] = [inputs(), targets.categorical()];
      (await resumableEnsemble({members: 1}).fit(x, y, {...resumable, checkpoints})).dispose();
      await expectNoLeak(() =>
        expectRejection(
          resumableEnsemble({members: 1, seed: 2}).fit(x, y, {...resumable, checkpoints}),
          ConfigError,
          /another one's at .*member-0: the seed/,
        ),
      );
      tf.dispose([x, y]);
    }),
  );

  it('takes checkpoint handlers, and says what create did wrong', async () => {
    const [x, y] = [inputs(), targets.categorical()];
    await expectNoLeak(async () => {
      const saved: tf.io.ModelArtifacts[] = [];
      const checkpoints = (member: number): tf.io.IOHandler => ({
        save: async (artifacts) => {
          saved[member] = artifacts;
          return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
        },
        load: async () => {
          const found = saved[member];
          if (!found) throw new Error('nothing there');
          return found;
        },
      });
      const first = await resumableEnsemble({members: 2}).fit(x, y, {...resumable, checkpoints});
      const again = await resumableEnsemble({members: 2}).fit(x, y, {...resumable, checkpoints});
      expect(saved.length).to.equal(2);
      expect(await numbersOf(again)).to.deep.equal(await numbersOf(first));
      first.dispose();
      again.dispose();

      const bare = deepEnsemble({create: () => smallNet(3, 'softmax'), members: 2});
      await expectRejection(bare.fit(x, y), ConfigError, /compiled model/);
      const uneven = deepEnsemble({
        create: ({member}) => {
          const model = smallNet(3, 'softmax', 0, member === 1);
          model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
          return model;
        },
      });
      await expectRejection(uneven.fit(x, y), ConfigError, /another for member 1/);
      const wild = deepEnsemble({
        create: () => {
          const model = smallNet(2, 'linear');
          model.compile({optimizer: tf.train.sgd(1e30), loss: 'meanSquaredError'});
          return model;
        },
        likelihood: 'gaussian',
      });
      const numbers = targets.numbers();
      await expectRejection(wild.fit(x, numbers, {epochs: 3}), DataError, /member 0, got NaN/);
      numbers.dispose();
    });
    expect(() => deepEnsemble({create: () => smallNet(3, 'softmax'), members: 0})).to.throw(ConfigError, 'members');
    tf.dispose([x, y]);
  });
});

describe('ensembleOf', () => {
  it('stores weights that all members share once', async () => {
    const models = [0, 1, 2].map((seed) => smallNet(3, 'softmax', seed));
    const [first, ...others] = models as [tfl.LayersModel, ...tfl.LayersModel[]];
    for (const other of others)
      tf.tidy(() => other.setWeights([...first.getWeights().slice(0, 2), ...other.getWeights().slice(2)]));
    const posterior = ensembleOf(models);
    let bytes = 0;
    await posterior.save(
      tf.io.withSaveHandler(async (artifacts) => {
        bytes = (artifacts.weightData as ArrayBuffer).byteLength;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      }),
    );
    // Kernel 2x5 and bias 5 once, bias 3 (zeros in all) once, kernel 5x3 for each of three.
    expect(bytes).to.equal(4 * (10 + 5 + 3 + 3 * 15));
    posterior.dispose();
    for (const model of models) model.dispose();
  });

  it('refuses other architectures, no models, and a Gaussian likelihood without its noise', () => {
    const [three, two] = [smallNet(3, 'softmax'), smallNet(2, 'linear')];
    expect(() => ensembleOf([])).to.throw(ConfigError, 'at least one model');
    expect(() => ensembleOf([three, smallNet(3, 'softmax', 0, true)])).to.throw(ConfigError, 'mixture(');
    expect(() => ensembleOf([two], {likelihood: 'gaussian'})).to.throw(ConfigError, 'noiseScale');
    expect(() => ensembleOf([three], {noiseScale: 1})).to.throw(ConfigError, 'expected no noiseScale');
    expect(ensembleOf([two], {likelihood: 'gaussian', noiseScale: 0.5}).likelihood.noiseScale).to.equal(0.5);
    three.dispose();
    two.dispose();
  });
});

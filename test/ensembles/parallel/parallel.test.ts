import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {MessageChannel} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  type DeepEnsembleOptions,
  deepEnsemble,
  type EnsemblePosterior,
  type EnsembleProgress,
} from '../../../ensembles/index.ts';
import {packExamples} from '../../../ensembles/parallel/member-task.ts';
import {trainMemberTask} from '../../../ensembles/parallel/worker.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {inputs, smallNet, targets} from '../nets.ts';
import {callbacks, create} from './own-model.ts';

const worker = new URL('./own-model.ts', import.meta.url);

async function numbersOf(posterior: EnsemblePosterior): Promise<number[][]> {
  const weights = posterior.members.map((member) => Promise.all(member.map((weight) => weight.data())));
  return (await Promise.all(weights)).map((member) => member.flatMap((values) => Array.from(values)));
}

/** What an ensemble learns with one worker, which is none, and with two. */
async function withOneAndTwo(
  options: Omit<DeepEnsembleOptions, 'workers'>,
  y: () => tf.Tensor,
  how: (workers: number) => object = () => ({}),
): Promise<number[][][]> {
  const [x, given] = [inputs(), y()];
  const found: number[][][] = [];
  for (const workers of [1, 2]) {
    const ensemble = deepEnsemble({...options, workers});
    const posterior = await ensemble.fit(x, given, {epochs: 2, batchSize: 5, ...how(workers)});
    found.push(await numbersOf(posterior));
    posterior.dispose();
  }
  tf.dispose([x, given]);
  return found;
}

/** What is warned of while `body` runs. */
async function warningsOf(body: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const restore = onWarning((message) => warnings.push(message));
  await body().finally(restore);
  return warnings;
}

describe('deepEnsemble in worker threads', () => {
  before(async () => {
    await initBackend();
  });

  afterEach(() => {
    delete process.env.TEST_MEMBER_1;
  });

  it('gives the members that training one after another gives, bit for bit, and reports each epoch of each', async () => {
    const seen: EnsembleProgress[][] = [[], []];
    const warnings = await warningsOf(() =>
      expectNoLeak(async () => {
        const members = (context: {member: number}): tfl.LayersModel => {
          const model = smallNet(3, 'softmax', context.member, true);
          model.compile({optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
          return model;
        };
        const [x, y] = [inputs(), targets.categorical()];
        const sampleWeight = tf.linspace(0.5, 1.5, 12);
        const [serial, parallel] = await withOneAndTwo(
          {create: members, members: 3, resample: 'bayesian-bootstrap', rng: createRng(5)},
          targets.categorical,
          (workers) => ({
            validationData: [x, y],
            sampleWeight,
            onProgress: (progress: EnsembleProgress) => void seen[workers - 1]?.push(progress),
          }),
        );
        expect(parallel).to.deep.equal(serial);
        expect(new Set((serial as number[][]).map(([first]) => first)).size).to.equal(3);
        tf.dispose([x, y, sampleWeight]);
      }),
    );
    expect(warnings).to.deep.equal([]);
    const byMember = ([...progress]: readonly EnsembleProgress[]): unknown[] =>
      progress.sort((a, b) => a.member - b.member).map(({member, epoch, logs}) => ({member, epoch, logs}));
    const [one, two] = seen as [EnsembleProgress[], EnsembleProgress[]];
    expect(two.map(({fraction}) => fraction)).to.deep.equal([1, 2, 3, 4, 5, 6].map((epochs) => epochs / 6));
    expect(byMember(two)).to.deep.equal(byMember(one));
    expect(Object.keys(two[0]?.logs ?? {})).to.include.members(['loss', 'acc', 'val_loss']);
  });

  it("takes a loss and callbacks of one's own from the module named by worker", async () => {
    const options = {create, members: 2, likelihood: 'heteroscedastic-gaussian', worker} as const;
    const [serial, parallel] = await withOneAndTwo(options, targets.numbers, () => ({callbacks}));
    expect(parallel).to.deep.equal(serial);
  });

  it('trains one after another, and says why, where something cannot be sent', async () => {
    const compiled = (args: () => Partial<tfl.ModelCompileArgs>) => () => {
      const model = smallNet(2, 'linear');
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError', ...args()});
      return model;
    };
    class OwnOptimizer extends tf.SGDOptimizer {}
    class OwnLayer extends tfl.layers.Layer {
      static className = 'OwnLayerOfThisThread';
      override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
        return x;
      }
    }
    tf.serialization.registerClass(OwnLayer);
    const withOwnLayer = (): tfl.LayersModel => {
      const model = tfl.sequential({layers: [...smallNet(2, 'linear').layers, new OwnLayer({})]});
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model;
    };
    const cases: [RegExp, DeepEnsembleOptions['create'], object?][] = [
      [/its loss is a function/, compiled(() => ({loss: (a, b) => tf.mean(tf.square(tf.sub(a, b)))}))],
      [/a metric is a function/, compiled(() => ({metrics: [(a, b) => tf.mean(tf.abs(tf.sub(a, b)))]}))],
      [/its optimizer is not registered/, compiled(() => ({optimizer: new OwnOptimizer(0.1)}))],
      [/Unknown layer: OwnLayerOfThisThread/, withOwnLayer],
      [/callbacks are functions/, compiled(() => ({})), {callbacks: () => []}],
    ];
    for (const [reason, build, fit] of cases) {
      const warnings = await warningsOf(async () => {
        const [serial, asked] = await withOneAndTwo(
          {create: build, members: 2, likelihood: 'gaussian'},
          targets.numbers,
          () => fit ?? {},
        );
        expect(asked).to.deep.equal(serial);
      });
      expect(warnings.join('\n'))
        .to.match(reason)
        .and.to.match(/^deepEnsemble.fit: trains the members one after another/);
    }
  });

  it('names the member whose worker dies, and keeps the others', async () => {
    const [x, y] = [inputs(), targets.numbers()];
    const folder = mkdtempSync(join(tmpdir(), 'ensemble-'));
    const ensemble = deepEnsemble({create, members: 2, likelihood: 'heteroscedastic-gaussian', worker, workers: 2});
    const how = {epochs: 2, batchSize: 5, callbacks, checkpoints: folder};
    try {
      process.env.TEST_MEMBER_1 = 'exit';
      const message = /train member 1, got the failure 'worker exited with code: 3'/;
      await expectNoLeak(() => expectRejection(ensemble.fit(x, y, how), Error, message));
      expect(readdirSync(folder)).to.deep.equal(['member-0']);
      delete process.env.TEST_MEMBER_1;
      const resumed: boolean[] = [];
      const onProgress = (progress: EnsembleProgress): void => void resumed.push(progress.resumed);
      const posterior = await ensemble.fit(x, y, {...how, onProgress});
      expect(resumed).to.deep.equal([true, false, false]);
      posterior.dispose();
    } finally {
      rmSync(folder, {recursive: true});
      tf.dispose([x, y]);
    }
  });

  it('refuses a module that lacks what it needs, and says what failed in it', async () => {
    const [x, y] = [inputs(), targets.numbers()];
    const wrong = new URL('../nets.ts', import.meta.url);
    const options = {create, members: 2, likelihood: 'heteroscedastic-gaussian', workers: 2} as const;
    await expectRejection(
      deepEnsemble({...options, worker: wrong}).fit(x, y),
      ConfigError,
      /nets\.ts to export create, got undefined/,
    );
    expect(() => deepEnsemble({create, workers: 0})).to.throw(ConfigError, 'workers');
    const model = {module: wrong.href, state: createRng(1).getState(), needsCallbacks: true};
    const {port1, port2} = new MessageChannel();
    const packed = await packExamples({x, y});
    const task = {backend: 'wasm', member: 1, architecture: '', output: undefined, validation: undefined} as const;
    const sizes = {epochs: 1, batchSize: 5, verbose: 0, variation: undefined} as const;
    const order = createRng(2).getState();
    const answer = await trainMemberTask({...task, ...sizes, model, training: packed, order, port: port2});
    port1.close();
    expect('failure' in answer && answer.failure.name).to.equal('ConfigError');
    tf.dispose([x, y]);
  });
});

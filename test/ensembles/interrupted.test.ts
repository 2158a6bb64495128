import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  checkpointEnsemble,
  ema,
  entropyEnsemble,
  entropyMcmc,
  type MemberCollector,
  type SwagCollector,
  swa,
  swag,
  type WeightAverage,
} from '../../ensembles/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {readWeights} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {checkpointTraining, type Resumable, resumeTraining} from '../../src/training/index.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {type Collecting, compiled, runs, trainUpTo} from './interrupted.ts';
import {inputs, targets} from './nets.ts';

async function membersOf(collector: MemberCollector): Promise<Float64Array[]> {
  const posterior = collector.posterior();
  const members = await Promise.all(posterior.members.map((weights) => readWeights(weights)));
  posterior.dispose();
  collector.dispose();
  return members;
}

/** Keeps the last checkpoint in memory. */
function memory(): tf.io.IOHandler {
  let saved: tf.io.ModelArtifacts | undefined;
  return {
    save: async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    },
    load: async () => saved ?? Promise.reject(Object.assign(new Error('nothing there'), {code: 'ENOENT'})),
  };
}

interface Case {
  readonly make: () => Collecting<tfl.Callback & Resumable>;
  readonly read: (collector: never) => unknown;
}

/** What is collected from a model trained with sgd; `read` disposes the collector. */
function collected<C extends tfl.Callback & Resumable>(
  collect: (model: tfl.LayersModel) => C,
  read: (collector: C) => unknown,
): Case {
  return {
    make: () => {
      const model = compiled('sgd');
      return {model, collector: collect(model)};
    },
    read,
  };
}

async function averageOf(collector: WeightAverage): Promise<Float64Array> {
  const average = await readWeights(collector.average);
  collector.dispose();
  return average;
}

const cases: Readonly<Record<string, Case>> = {
  swa: collected((model) => swa(model, {start: 1}), averageOf),
  ema: collected((model) => ema(model, {decay: 0.8, every: 2}), averageOf),
  swag: collected(
    (model) => swag(model, {unit: 'batch', every: 2, rank: 4}),
    (collector: SwagCollector) => {
      const posterior = collector.posterior({inputs: tf.zeros([2, 2])});
      posterior.dispose();
      return posterior.fields.runs;
    },
  ),
  'the last members': collected((model) => checkpointEnsemble(model, {last: 4}), membersOf),
  'entropyMcmc and its anchors': {
    make: () => {
      const optimizer = entropyMcmc(0.05, {trainSize: 12, anchorVariance: 0.05, rng: createRng(1)});
      const model = compiled(optimizer);
      return {model, collector: entropyEnsemble(model, optimizer, {start: 1, inputs: inputs()})};
    },
    read: membersOf,
  },
};

describe('collectors that were interrupted', () => {
  before(async () => {
    await initBackend(); // the program that is killed uses its kernels too, and bits are compared
  });

  for (const [name, make] of Object.entries(runs)) {
    it(`${name}: killed, collect the same members as an unbroken run`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'collector-'));
      try {
        const place = join(folder, 'run.checkpoint');
        const script = join(import.meta.dirname, 'interrupted.ts');
        const killed = spawnSync(process.execPath, ['--import', 'tsx', script, name, place], {encoding: 'utf8'});
        expect(killed.signal, killed.stderr).to.equal('SIGKILL');
        const epochs: number[] = [];
        const resumed = await trainUpTo(6, make(), {place, onEpochBegin: (epoch) => epochs.push(epoch)});
        expect(epochs).to.deep.equal([4, 5]);
        const found = await membersOf(resumed);
        expect(found.length).to.be.above(2);
        expect(found).to.deep.equal(await membersOf(await trainUpTo(6, make())));
      } finally {
        rmSync(folder, {recursive: true, force: true});
      }
    });
  }

  for (const [name, {make, read}] of Object.entries(cases)) {
    it(`${name}: the same as without the interruption`, async () => {
      const place = memory();
      const first = await trainUpTo(3, make(), {place});
      const resumed = (await trainUpTo(6, make(), {place})) as never;
      const whole = (await trainUpTo(6, make())) as never;
      const [found, expected, unfinished] = [await read(resumed), await read(whole), await read(first as never)];
      expect(found).to.deep.equal(expected);
      expect(unfinished).to.not.deep.equal(expected);
    });
  }

  it('are refused where they are others than those that were saved, or come after the checkpoint', async () => {
    const place = memory();
    const {make} = cases.swa as Case;
    await trainUpTo(2, make(), {place});
    const model = compiled('sgd');
    const resume = (...collectors: Resumable[]) => resumeTraining(model, place, {collectors});
    await expectRejection(resume(), ConfigError, /as many collectors as were saved, 1, got 0/);
    await expectRejection(
      resume(ema(model)),
      ConfigError,
      /collector: ema, unit: batch, .*, got collector: swa, unit: epoch, start: 1/,
    );
    await expectRejection(resume(swa(model)), ConfigError, /swa, unit: epoch, start: 0, every: 1, got .* start: 1/);
    const collector = swa(model, {start: 1});
    expect(await resume(collector)).to.equal(2);
    const averaged = memory();
    const quick = ema(model, {decay: 0.9});
    await trainUpTo(1, {model, collector: quick}, {place: averaged});
    quick.dispose();
    const slower = resumeTraining(model, averaged, {collectors: [ema(model, {decay: 0.99})]});
    await expectRejection(slower, ConfigError, /decay: 0\.99, got .*decay: 0\.9\./);
    const [x, y] = [inputs(), targets.categorical()];
    const callbacks = [checkpointTraining(place, {collectors: [collector]}), collector];
    await expectRejection(model.fit(x, tf.cast(y, 'float32'), {callbacks}), ConfigError, /expected swa before/);
    collector.dispose();
    tf.dispose([x, y]);
  });

  it('keep no tensors beyond what they collected', async () => {
    const place = memory();
    const make = (): Collecting<MemberCollector> => {
      const model = compiled('sgd');
      return {model, collector: checkpointEnsemble(model, {start: 1})};
    };
    await trainUpTo(3, make(), {place});
    await expectNoLeak(async () => {
      const {model, collector} = make();
      await resumeTraining(model, place, {collectors: [collector]});
      await resumeTraining(model, place, {collectors: [collector]});
      expect(collector.count).to.equal(2);
      collector.dispose();
      model.dispose();
    });
  });
});

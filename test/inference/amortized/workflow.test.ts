import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  amortizedWorkflow,
  type DatasetOutcome,
  outcomeMoments,
  outOfDistribution,
  readOutcomes,
} from '../../../inference/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, FormatError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {
  approximation,
  create,
  model,
  pairedModel,
  posteriorMeans,
  posteriorSd,
  simulate,
  workflowOf,
} from './conjugate.ts';
import {killed} from './killed-workflow.ts';

/** A sampler of 16 times 12 chains, to be quick. */
const sampler = {subchains: 12, draws: 8, warmup: 30};

/** Throws unless moments are those of the exact posterior within `errors` standard errors of `ess` independent draws. */
async function expectExact(
  outcomes: readonly DatasetOutcome[],
  data: tf.Tensor,
  ess: number,
  errors = 4.5,
): Promise<void> {
  const means = posteriorMeans(data);
  const exact = await means.array();
  means.dispose();
  for (const outcome of outcomes) {
    const {mean, sd} = outcomeMoments(outcome, 2);
    for (const column of [0, 1]) {
      const off = ((mean[column] as number) - (exact[outcome.index]?.[column] as number)) / posteriorSd;
      expect(Math.abs(off), `mean of data set ${outcome.index}`).to.be.below(errors / Math.sqrt(ess));
      expect(Math.abs((sd[column] as number) / posteriorSd - 1)).to.be.below(errors / Math.sqrt(2 * ess));
    }
  }
}

describe('amortizedWorkflow', () => {
  before(async () => {
    await initBackend({prefer: 'wasm'});
  });

  it('accepts draws of the networks where the data are like those of training', async () => {
    const data = simulate(createRng(1), 200);
    const workflow = await workflowOf({}, {draws: 500});
    const outcomes = await expectNoLeak(() => workflow.run(data));
    const accepted = outcomes.filter(({step}) => step === 'amortized');
    expect(accepted.length / 200).to.be.within(0.95 - 4 * Math.sqrt(0.0475 / 200), 1);
    expect(outcomes.every(({status}) => status === 'accepted')).to.equal(true);
    expect(outcomes.map(({index}) => index)).to.deep.equal(Array.from({length: 200}, (_, i) => i));
    await expectExact(outcomes, data, 500, 5.5);
    data.dispose();
  });

  it('keeps the bias of networks that it has no reason to doubt, as published', async () => {
    const data = simulate(createRng(1), 5);
    const [first] = await (await workflowOf({bias: 0.5})).run(data);
    const [exact] = await posteriorMeans(data).array();
    const {mean} = outcomeMoments(first as DatasetOutcome, 2);
    expect(((mean[0] as number) - (exact?.[0] as number)) / posteriorSd).to.be.within(0.4, 0.6);
    data.dispose();
  });

  for (const correction of ['resample', 'weight'] as const) {
    it(`corrects data sets far from those of training by weights: ${correction}`, async () => {
      const data = tf.add<tf.Tensor3D>(simulate(createRng(2), 6), 20);
      const outcomes = await (await workflowOf({bias: 0.5, spread: 1.3}, {correction})).run(data);
      for (const {step, status, logWeights, diagnostics} of outcomes) {
        expect([step, status]).to.deep.equal(['importance', 'accepted']);
        expect(diagnostics.outOfDistribution).to.equal(true);
        expect(diagnostics.paretoShape).to.be.below(0.7);
        expect(diagnostics.importanceEss).to.be.within(1200, 1500);
        expect(logWeights === undefined).to.equal(correction === 'resample');
      }
      await expectExact(outcomes, data, correction === 'weight' ? 1200 : 800);
      data.dispose();
    });
  }

  it('corrects every data set where it is told to', async () => {
    const data = simulate(createRng(1), 3);
    const outcomes = await (await workflowOf({bias: 0.5, spread: 1.3}, {correct: 'all'})).run(data);
    expect(outcomes.every(({step}) => step === 'importance')).to.equal(true);
    await expectExact(outcomes, data, 800);
    data.dispose();
  });

  it('draws more where the weights are sound and worth too few draws', async () => {
    const data = simulate(createRng(1), 3);
    const workflow = await workflowOf({bias: 0.5, spread: 1.3}, {correct: 'all', correction: 'weight', leastEss: 3000});
    for (const outcome of await workflow.run(data)) {
      expect([outcome.step, outcome.status]).to.deep.equal(['importance', 'accepted']);
      expect(outcome.draws.length).to.equal(2 * 3 * 2000);
      expect(outcome.diagnostics.importanceEss).to.be.within(3900, 4200);
      await expectExact([outcome], data, 3900);
    }
    data.dispose();
  });

  for (const [name, options] of [
    ['ChEES', {sampler}],
    ['ChEES on several data sets in one pass', {sampler, model: pairedModel, paired: true}],
    ['NUTS', {sampler: {kind: 'nuts', warmup: 80, draws: 100}, maxRHat: 1.05, model: pairedModel, paired: true}],
  ] as const) {
    it(`samples by ${name} where the weights are not to be trusted`, async () => {
      const data = simulate(createRng(3), name === 'ChEES' ? 1 : 2);
      const bad = await workflowOf({bias: 8, spread: 0.6}, {correct: 'all', ...options});
      const outcomes = await expectNoLeak(() => bad.run(data));
      for (const {step, status, diagnostics, draws} of outcomes) {
        expect([step, status]).to.deep.equal(['mcmc', 'accepted']);
        expect(diagnostics.paretoShape).to.be.above(0.7);
        expect(diagnostics.rHat).to.be.within(1, 1.05);
        expect(draws.length).to.equal(2 * (name === 'NUTS' ? 800 : 1536));
      }
      await expectExact(outcomes, data, 400);
      data.dispose();
    });
  }

  it('asks for a review where chains disagree, and says why where there are no draws at all', async () => {
    const data = simulate(createRng(3), 1);
    const short = {subchains: 8, draws: 1, warmup: 0};
    const [doubtful] = await (await workflowOf({bias: 8, spread: 0.6}, {correct: 'all', sampler: short})).run(data);
    expect([doubtful?.step, doubtful?.status]).to.deep.equal(['mcmc', 'needs-review']);
    expect(doubtful?.diagnostics.rHat).to.be.above(1.01);
    const few = {
      dimension: 2,
      logDensity: (theta: tf.Tensor2D, y: tf.Tensor) => {
        // Not a number for all but a handful of 2000 draws from N(0, sd).
        const edge = tf.log(tf.sub(tf.slice(theta, [0, 0], [-1, 1]), posteriorSd * 2.8));
        return tf.add<tf.Tensor1D>(pairedModel.logDensity(theta, y), tf.squeeze(edge, [1]));
      },
    };
    const unlike = tf.zeros([1, 9, 2]);
    const cut = await workflowOf({}, {correct: 'all', model: few, sampler: {...short, chains: 16}});
    const restore = onWarning(() => undefined); // of divergences at the edge
    const [scarce] = await cut.run(unlike).finally(restore);
    expect([scarce?.step, scarce?.status], scarce?.message).to.deep.equal(['mcmc', 'needs-review']);
    unlike.dispose();
    const nowhere = {
      dimension: 2,
      logDensity: (theta: tf.Tensor2D) => tf.fill<tf.Rank.R1>([theta.shape[0]], Number.NaN),
    };
    const [failed] = await (await workflowOf({}, {correct: 'all', model: nowhere})).run(data);
    expect([failed?.step, failed?.status, failed?.draws.length]).to.deep.equal(['mcmc', 'failed', 0]);
    expect(failed?.message).to.match(/no draw of the networks has a finite density/);
    data.dispose();
  });

  it('gives the same outcomes whatever goes through the steps together', async () => {
    const data = simulate(createRng(3), 5, 3);
    const options = {correct: 'all', leastEss: 6.4 * 1358, sampler: {subchains: 8, draws: 2, warmup: 10}} as const;
    const workflow = await workflowOf({bias: 0.5, spread: 1.3}, {...options, model: pairedModel, paired: true});
    const whole = await workflow.run(data, {rng: createRng(5)});
    expect(new Set(whole.map(({step}) => step))).to.deep.equal(new Set(['importance', 'mcmc']));
    expect(await workflow.run(data, {rng: createRng(5), together: 2})).to.deep.equal(whole);
    const part = tf.slice(data, 3, 2);
    expect(await workflow.run(part, {rng: createRng(5), indices: [3, 4]})).to.deep.equal(whole.slice(3));
    tf.dispose([data, part]);
  });

  it('takes data sets of several tensors', async () => {
    const data = simulate(createRng(1), 2);
    const plain = approximation({bias: 0.5});
    const workflow = amortizedWorkflow(
      {
        dimension: 2,
        summaries: (sets) => plain.summaries((sets as tf.NamedTensorMap).y as tf.Tensor),
        sample: (sets, options) => plain.sample((sets as tf.NamedTensorMap).y as tf.Tensor, options),
      },
      {
        model: {
          dimension: 2,
          logDensity: (theta, data) => model.logDensity(theta, (data as tf.NamedTensorMap).y as tf.Tensor),
        },
        outOfDistribution: await outOfDistribution(posteriorMeans(simulate(createRng(2), 500))),
        correct: 'all',
      },
    );
    const outcomes = await workflow.run({y: data});
    expect(outcomes.every(({status}) => status === 'accepted')).to.equal(true);
    await expectExact(outcomes, data, 800);
    data.dispose();
  });

  it('gives the same outcomes in threads', async () => {
    const data = simulate(createRng(7), 8, 2);
    const run = {rng: createRng(8), together: 3} as const;
    const serial = await (await create()).run(data, run);
    const worker = new URL('./conjugate.ts', import.meta.url);
    const reports: number[] = [];
    const onProgress = ({done}: {done: number}) => reports.push(done);
    expect(await (await create()).run(data, {...run, workers: 2, worker, onProgress})).to.deep.equal(serial);
    expect(reports.length).to.equal(3);
    expect(reports.at(-1)).to.equal(8);
    const other = await workflowOf({}, {draws: 100});
    await expectRejection(
      other.run(data, {workers: 2, worker}),
      ConfigError,
      /expected the module .* to create a workflow/,
    );
    await expectRejection(other.run(data, {workers: 2}), ConfigError, /expected worker, the URL of a module/);
    data.dispose();
  });

  describe('with a file', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'workflow-'));
    });
    after(() => {
      rmSync(folder, {recursive: true});
    });

    it('goes on after a run that was killed, with the same outcomes', async () => {
      const file = join(folder, 'killed.jsonl');
      const program = join(import.meta.dirname, 'killed-workflow.ts');
      const flags = ['--import', 'tsx', '--conditions=@tfjs-bayes/source'];
      const {signal} = spawnSync(process.execPath, [...flags, program, file]);
      expect(signal).to.equal('SIGKILL');
      expect(readFileSync(file, 'utf8')).to.match(/"acc$/);
      expect((await readOutcomes(file)).map(({index}) => index)).to.deep.equal([0, 1, 2, 3, 4, 5]);
      const data = killed.data();
      const found: number[] = [];
      const workflow = await killed.workflow();
      const resumed = await workflow.run(data, {
        ...killed.run,
        file,
        onProgress: ({latest}) => found.push(...latest.map(({index}) => index)),
      });
      expect(found).to.deep.equal([6, 7, 8, 9]);
      expect(resumed).to.deep.equal(await workflow.run(data, killed.run));
      expect(readFileSync(file, 'utf8').trim().split('\n').length).to.equal(11);
      data.dispose();
    });

    it('keeps numbers that are not finite, and does anew what was not accepted where asked to', async () => {
      const file = join(folder, 'retry.jsonl');
      const data = simulate(createRng(3), 2);
      const nowhere = {
        dimension: 2,
        logDensity: (theta: tf.Tensor2D) => tf.fill<tf.Rank.R1>([theta.shape[0]], Number.NaN),
      };
      const failing = await workflowOf({}, {correct: 'all', model: nowhere});
      const failed = await failing.run(data, {file});
      expect(failed[0]?.diagnostics.paretoShape).to.equal(Infinity);
      expect(await failing.run(data, {file})).to.deep.equal(failed);
      const mended = await workflowOf({}, {correct: 'all', correction: 'weight'});
      await expectRejection(mended.run(data, {file}), ConfigError, /workflow with the options .*pass retry/);
      const outcomes = await mended.run(data, {file, retry: true});
      expect(outcomes.every(({status}) => status === 'accepted')).to.equal(true);
      expect(await mended.run(data, {file, retry: true})).to.deep.equal(outcomes);
      expect(await readOutcomes(file)).to.deep.equal(outcomes);
      data.dispose();
    });

    it('refuses the file of another run, or of something else', async () => {
      const file = join(folder, 'other.jsonl');
      const data = simulate(createRng(3), 2);
      const workflow = await workflowOf();
      await workflow.run(data, {file});
      await expectRejection(
        workflow.run(data, {file, rng: createRng(9)}),
        ConfigError,
        /these data sets and this seed/,
      );
      const others = simulate(createRng(4), 2);
      await expectRejection(workflow.run(others, {file}), ConfigError, /these data sets and this seed/);
      writeFileSync(file, 'x,y\n1,2\n');
      await expectRejection(workflow.run(data, {file}), FormatError, /expected JSON lines/);
      writeFileSync(file, '{"a":1}\n');
      await expectRejection(workflow.run(data, {file}), FormatError, /expected the outcomes of a workflow/);
      writeFileSync(file, '{"my":"results"}');
      await expectRejection(workflow.run(data, {file}), FormatError, /expected the outcomes of a workflow/);
      expect(readFileSync(file, 'utf8'), 'left as it was').to.equal('{"my":"results"}');
      await expectRejection(readOutcomes(join(folder, 'none')), ConfigError, /expected a file at .*, got none/);
      await expectRejection(workflow.run(data, {file: folder}), ConfigError, /expected a file at .* EISDIR/);
      tf.dispose([data, others]);
    });
  });

  it('refuses options that are out of range', async () => {
    const data = simulate(createRng(3), 2);
    await expectRejection(
      workflowOf({}, {draws: 1.5}),
      ConfigError,
      /expected draws to be a whole number from 5 on, got 1.5/,
    );
    await expectRejection(
      workflowOf({}, {sampler: {subchains: 1}}),
      ConfigError,
      /sampler.subchains .* from 2 on, got 1/,
    );
    await expectRejection(workflowOf({}, {maxRHat: 0.9}), ConfigError, /expected maxRHat above 1/);
    const three = {...pairedModel, dimension: 3};
    await expectRejection(workflowOf({}, {model: three}), ConfigError, /expected a model of 2 columns/);
    const workflow = await workflowOf();
    await expectRejection(workflow.run(tf.zeros([0, 9, 2])), ShapeError, /expected data sets along the first axis/);
    await expectRejection(
      workflow.run(data, {together: 0}),
      ConfigError,
      /expected together to be a whole number from 1 on/,
    );
    await expectRejection(workflow.run(data, {indices: [1, 1]}), ShapeError, /expected 2 distinct indices/);
    data.dispose();
  });
});

import {expect} from 'chai';
import {recordDraw, restoreRun} from '../../../inference/mcmc/run.ts';
import {adaptTrajectory, cheesGradient, halton, startTrajectory} from '../../../inference/mcmc/trajectory-length.ts';
import {varianceWindows} from '../../../inference/mcmc/windows.ts';
import {createRng} from '../../../src/random/index.ts';
import {startVariance} from '../../../src/samplers/index.ts';
import {closeTo} from '../../support/close.ts';

describe('a run', () => {
  it('keeps draws of a very large dimension', () => {
    const run = restoreRun({
      kind: 'nuts',
      dimension: 1,
      warmup: 0,
      iteration: 0,
      chains: [],
      stepSize: 1,
      adaptations: [],
      inverseMass: [],
      window: startVariance(1),
      draws: [[7]],
      divergences: [],
      acceptance: 0,
      steps: 0,
      saturated: 0,
    });
    const position = Float64Array.from({length: 400_000}, (_, i) => i);
    recordDraw(run, {chain: 0, draw: 0}, {acceptance: 1, steps: 3, diverged: false}, position);
    expect([run.draws[0]?.length, run.draws[0]?.[0], run.draws[0]?.at(-1)]).to.deep.equal([400_001, 7, 399_999]);
    expect(run.steps).to.equal(3);
  });
});

describe('windows of variances', () => {
  it('are those of Stan for a warm-up of 1000', () => {
    expect(varianceWindows(1000)).to.deep.equal({from: 75, ends: [100, 150, 250, 450, 950]});
  });

  it('keep the proportions of a short warm-up', () => {
    expect(varianceWindows(100)).to.deep.equal({from: 15, ends: [40, 90]});
    expect(varianceWindows(10)).to.deep.equal({from: 10, ends: []});
    expect(varianceWindows(200).ends.at(-1)).to.equal(150);
  });
});

describe('the trajectory length of ChEES', () => {
  it('takes its jitter from the van der Corput sequence', () => {
    expect([1, 2, 3, 4, 5].map(halton)).to.deep.equal([0.5, 0.25, 0.75, 0.125, 0.625]);
  });

  it('has the gradient of the criterion', () => {
    // chains on the circles of a standard Gaussian: theta' = theta cos t + p sin t, whose criterion is known in t
    const rng = createRng(42);
    const chains = 4000;
    const pairs = Array.from({length: chains}, () => [rng.normals(2), rng.normals(2)] as const);
    const moves = (t: number) => ({
      before: pairs.map(([q]) => q),
      proposed: pairs.map(([q, p]) => q.map((value, i) => value * Math.cos(t) + (p[i] as number) * Math.sin(t))),
      velocities: pairs.map(([q, p]) => q.map((value, i) => (p[i] as number) * Math.cos(t) - value * Math.sin(t))),
    });
    const criterion = (t: number) => {
      const {before, proposed} = moves(t);
      const square = (v: Float64Array) => v.reduce((sum, value) => sum + value * value, 0);
      return before.reduce((sum, q, c) => sum + (square(proposed[c] as Float64Array) - square(q)) ** 2, 0) / chains / 4;
    };
    const t = 0.6;
    const gradient = cheesGradient({...moves(t), acceptance: new Float64Array(chains).fill(1), time: t});
    const numeric = ((criterion(t + 1e-4) - criterion(t - 1e-4)) / 2e-4) * t;
    closeTo(gradient, numeric, {rtol: 0.05});
  });

  it('leaves chains out that diverged', () => {
    const move = {
      before: [[0], [1], [0.5]].map((row) => Float64Array.from(row)),
      proposed: [[1], [-1], [1e9]].map((row) => Float64Array.from(row)),
      velocities: [[1], [1], [1e9]].map((row) => Float64Array.from(row)),
      acceptance: [1, 1, 0],
      time: 1,
    };
    expect(Math.abs(cheesGradient(move))).to.be.below(10);
    expect(cheesGradient({...move, acceptance: [0, 0, 0]})).to.equal(0);
  });

  it('climbs by Adam, at most a factor e^0.35 at once, between one step and a thousand', () => {
    const start = startTrajectory(1, 0.1);
    const up = adaptTrajectory(start, 5, {step: 0.1, rate: 0.05});
    closeTo(up.logTime, 0.05, {rtol: 1e-9});
    closeTo(adaptTrajectory(start, 5, {step: 0.1, rate: 10}).logTime, 0.35, {rtol: 1e-9});
    closeTo(adaptTrajectory(start, -5, {step: 0.95, rate: 10}).logTime, Math.log(0.95), {rtol: 1e-9});
  });
});

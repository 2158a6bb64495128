import {
  addToVariance,
  type DualAveragingState,
  dualAveraging,
  startDualAveraging,
  startVariance,
  varianceOf,
} from '../../src/samplers/index.ts';
import {drive} from './drive.ts';
import {drawMomentum, findStepSize, leapfrog, logJoint, type Phase, type Program} from './integrator.ts';
import {nuts} from './nuts.ts';
import {checkOptions, checkResume, type SamplerOptions} from './options.ts';
import {type McmcResult, resultOf, type SamplerState, type TrajectoryState} from './result.ts';
import {type Chain, type Run, recordDraw, restoreRun, saveRun, startRun} from './run.ts';
import {checkConstrain, type Evaluate, evaluator, type SamplerTarget} from './target.ts';
import {adaptTrajectory, cheesGradient, halton, startTrajectory} from './trajectory-length.ts';

const MAX_STEPS = 1000;
const MAX_ENERGY_ERROR = 1000;
const REPORT = 10;
const SETTLING_DEPTH = 6;

/** Options of {@link chees}. */
export interface CheesOptions extends SamplerOptions {
  /** Learning rate of the logarithm of the trajectory length; default 0.05. */
  readonly learningRate?: number;
  /** The step length to begin with; default found by doubling and halving. */
  readonly stepSize?: number;
  /**
   * Transitions of NUTS, up to 63 steps each and every chain with its own step length, that bring the chains to the bulk of
   * the density before warm-up; default 100, or 0 where `initial` points are given.
   */
  readonly settle?: number;
  /**
   * Whether the columns are scaled by their variances over all chains, taken at a quarter and at half of warm-up; default
   * true. Without, the mass is the identity, as in the paper.
   */
  readonly adaptMass?: boolean;
}

/** A run with the trajectory length that adapts. */
interface CheesRun extends Run {
  trajectory: TrajectoryState;
}

/** A chain's trajectory and whether it is taken. */
interface Proposal {
  readonly phase: Phase;
  readonly acceptance: number;
  readonly diverged: boolean;
}

/**
 * Draws from a model by Hamiltonian Monte Carlo on many chains that share one step length and one trajectory length, which
 * climbs the ChEES criterion: the change of the squared distance from the mean, in expectation over the chains.
 *
 * Chains that start far out would diverge under a shared step length for ever: without `initial` points they settle by NUTS
 * first. All chains take the same number of steps, ceil(u T / step) with u from a Halton sequence, so that one tensor pass serves
 * them all; made for tens to thousands of chains with few draws each. During warm-up the step length nears `targetAcceptance`
 * in the harmonic mean over chains, T climbs by Adam; both are frozen at their moving averages.
 *
 * Source: Hoffman, Radul and Sountsov (2021).
 *
 * @param target a {@link Model}, or a log density with its number of columns.
 * @param options how to sample; defaults: 64 chains, warm-up 400, 100 draws of each chain, target acceptance 0.651.
 *
 * @throws ConfigError if a starting point has no finite density, or an option is out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {chees} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logDensity = (theta: tf.Tensor2D) => tf.mul<tf.Tensor1D>(tf.sum(tf.square(theta), 1), -0.5);
 * const {draws} = await chees({logDensity, dimension: 2}, {chains: 32, warmup: 40, draws: 10});
 * console.log(draws.chains, draws.draws);   // 32 10
 * ```
 */
export async function chees(target: SamplerTarget, options: CheesOptions = {}): Promise<McmcResult> {
  const {resume, targetAcceptance = 0.651, draws = 100, learningRate = 0.05, adaptMass = true, onProgress} = options;
  const warmup = resume?.warmup ?? options.warmup ?? 400;
  const chains = resume?.chains.length ?? options.chains ?? 64;
  checkOptions('chees', {chains, warmup, draws, targetAcceptance});
  const {dimension} = target;
  checkConstrain('chees', target);
  const evaluate = evaluator(target);
  if (resume !== undefined) checkResume('chees', resume, dimension);
  const settle = options.settle ?? (options.initial === undefined ? 100 : 0);
  const settled = resume === undefined && settle > 0 ? await settleByNuts(target, chains, settle, options) : options;
  const run =
    resume === undefined
      ? await start(evaluate, {chains, dimension}, settled)
      : {...restoreRun(resume), trajectory: resume.trajectory as TrajectoryState};
  const scalings = adaptMass && warmup >= 40 ? [Math.floor(warmup / 4), Math.floor(warmup / 2)] : [];
  const total = warmup + draws;
  const state = (): SamplerState => {
    const {trajectory: time} = run;
    return {
      ...saveRun(run, {kind: 'chees', dimension, warmup}),
      stepSize: Math.exp(time.logStepAverage),
      trajectory: time,
    };
  };

  while (run.iteration < total) {
    const adapting = run.iteration < warmup;
    const {step, time} = lengths(run, warmup);
    const share = halton(run.iteration + 1);
    const steps = Math.min(Math.max(Math.ceil((share * time) / step), 1), MAX_STEPS);
    const before = run.chains.map(({rest}) => rest.position);
    const programs = run.chains.map((chain) => trajectory(chain, {step, steps, inverseMass: run.inverseMass}));
    const proposals = await drive(programs, evaluate);
    if (adapting) {
      adapt(run, before, proposals, {time: share * time, targetAcceptance, learningRate});
      if (run.iteration >= warmup / 8) {
        for (const {rest} of run.chains) run.window = addToVariance(run.window, rest.position);
      }
    } else {
      proposals.forEach((proposal, chain) => {
        const {rest} = run.chains[chain] as Chain;
        recordDraw(run, {chain, draw: run.iteration - warmup}, {...proposal, steps}, rest.position);
      });
    }
    run.iteration++;
    if (scalings.includes(run.iteration)) await rescale(run, evaluate, dimension);
    if (run.iteration % REPORT === 0 || run.iteration === total) {
      const phase = adapting ? 'warmup' : 'sampling';
      onProgress?.({phase, iteration: run.iteration, total, divergences: run.divergences.length, state});
    }
  }
  return resultOf(target, state());
}

/** Step and trajectory length: those being tried during warm-up, their averages after. */
function lengths(run: CheesRun, warmup: number): {step: number; time: number} {
  const {trajectory, iteration} = run;
  return iteration < warmup
    ? {step: Math.exp(shared(run).logStep), time: Math.exp(trajectory.logTime)}
    : {step: Math.exp(trajectory.logStepAverage), time: Math.exp(trajectory.logAverage)};
}

/** How the step length that all chains share adapts. */
function shared(run: CheesRun): DualAveragingState {
  return run.adaptations[0] as DualAveragingState;
}

/** One trajectory of one chain, with its Metropolis test. */
function* trajectory(
  chain: Chain,
  {step, steps, inverseMass}: {step: number; steps: number; inverseMass: Float64Array},
): Program<Proposal> {
  let phase: Phase = {...chain.rest, momentum: drawMomentum(chain.rng, inverseMass)};
  const test = chain.rng.uniforms(1)[0] as number;
  const before = logJoint(phase, inverseMass);
  let gain = 0;
  for (let taken = 0; taken < steps && gain >= -MAX_ENERGY_ERROR; taken++) {
    phase = yield* leapfrog(phase, step, inverseMass);
    gain = logJoint(phase, inverseMass) - before;
  }
  if (Math.log(test) < gain) {
    const {position, logDensity, gradient} = phase;
    chain.rest = {position, logDensity, gradient};
  }
  const diverged = gain < -MAX_ENERGY_ERROR;
  return {phase, acceptance: diverged ? 0 : Math.min(1, Math.exp(gain)), diverged};
}

function adapt(
  run: CheesRun,
  before: readonly Float64Array[],
  proposals: readonly Proposal[],
  {time, targetAcceptance, learningRate}: {time: number; targetAcceptance: number; learningRate: number},
): void {
  const sound = proposals.filter(({diverged}) => !diverged);
  const inverse = sound.reduce((sum, {acceptance}) => sum + 1 / Math.max(acceptance, 1e-20), 0);
  const harmonic = sound.length === 0 ? 0 : sound.length / inverse;
  const adaptation = dualAveraging(shared(run), harmonic, targetAcceptance);
  run.adaptations = [adaptation];
  const scales = run.inverseMass.map(Math.sqrt);
  const whiten = (position: Float64Array) => position.map((value, i) => value / (scales[i] as number));
  const gradient = cheesGradient({
    before: before.map(whiten),
    proposed: proposals.map(({phase}) => whiten(phase.position)),
    velocities: proposals.map(({phase}) => phase.momentum.map((p, i) => p * (scales[i] as number))),
    acceptance: proposals.map(({acceptance}) => acceptance),
    time,
  });
  const step = Math.exp(adaptation.logStep);
  run.trajectory = adaptTrajectory(run.trajectory, gradient, {step, rate: learningRate});
}

/** The options with the points where a short run of NUTS ended, and its variances where the mass is adapted. */
async function settleByNuts(
  target: SamplerTarget,
  chains: number,
  warmup: number,
  options: CheesOptions,
): Promise<CheesOptions & {readonly inverseMass?: Float64Array}> {
  const {initial, rng, adaptMass = true} = options;
  const {state, statistics} = await nuts(target, {
    chains,
    warmup,
    draws: 1,
    maxDepth: SETTLING_DEPTH,
    ...(rng === undefined ? {} : {rng: rng.fork('settle')}),
    ...(initial === undefined ? {} : {initial}),
  });
  const settled = {...options, initial: state.chains.map(({position}) => position)};
  return adaptMass ? {...settled, inverseMass: statistics.inverseMass} : settled;
}

async function start(
  evaluate: Evaluate,
  size: {chains: number; dimension: number},
  options: CheesOptions & {readonly inverseMass?: Float64Array},
): Promise<CheesRun> {
  const {stepSize = 1, inverseMass} = options;
  const run: CheesRun = {
    ...(await startRun('chees', evaluate, size, options)),
    ...(inverseMass === undefined ? {} : {inverseMass}),
    adaptations: [startDualAveraging(stepSize)],
    trajectory: startTrajectory(stepSize, stepSize),
  };
  if (options.stepSize === undefined) await restartLengths(run, evaluate);
  return run;
}

/** Scales the columns by their variances; both lengths begin anew, for their units have changed. */
async function rescale(run: CheesRun, evaluate: Evaluate, dimension: number): Promise<void> {
  run.inverseMass = varianceOf(run.window) ?? run.inverseMass;
  run.window = startVariance(dimension);
  await restartLengths(run, evaluate);
}

async function restartLengths(run: CheesRun, evaluate: Evaluate): Promise<void> {
  const first = Math.exp(shared(run).logStep);
  const programs = run.chains.map(({rest, rng}) => findStepSize(rest, rng, run.inverseMass, first));
  const steps = await drive(programs, evaluate);
  const step = Math.exp(steps.reduce((sum, value) => sum + Math.log(value), 0) / steps.length);
  run.adaptations = [startDualAveraging(step)];
  run.trajectory = startTrajectory(step, step);
}

import type {Rng} from '../../src/random/index.ts';
import {addToVariance, dualAveraging, startDualAveraging, startVariance, varianceOf} from '../../src/samplers/index.ts';
import {drive} from './drive.ts';
import {findStepSize, type Program, type Rest} from './integrator.ts';
import type {Transition} from './nuts-transition.ts';
import {checkOptions, checkResume, type SamplerOptions} from './options.ts';
import {type McmcResult, resultOf} from './result.ts';
import {type Run, recordDraw, restoreRun, saveRun, startRun} from './run.ts';
import {checkConstrain, type Evaluate, evaluator, type SamplerTarget} from './target.ts';
import {varianceWindows} from './windows.ts';

/** Transitions between two reports: chains wait for each other only then. */
const BLOCK = 25;

/** A transition with the step length and the inverse mass that were adapted. */
export type Kernel = (
  rest: Rest,
  tuning: {readonly step: number; readonly inverseMass: Float64Array},
  rng: Rng,
) => Program<Transition>;

/** Runs chains of a kernel: warm-up with dual averaging and windows of variances pooled over the chains, then draws. */
export async function sampleChains(
  kind: 'nuts' | 'hmc',
  kernel: Kernel,
  target: SamplerTarget,
  options: SamplerOptions & {readonly maxDepth?: number},
): Promise<McmcResult> {
  const {resume, targetAcceptance = 0.8, draws = 500, onProgress, maxDepth = Infinity} = options;
  const warmup = resume?.warmup ?? options.warmup ?? 500;
  const chains = resume?.chains.length ?? options.chains ?? 8;
  checkOptions(kind, {chains, warmup, draws, targetAcceptance});
  const {dimension} = target;
  checkConstrain(kind, target);
  const evaluate = evaluator(target);
  if (resume !== undefined) checkResume(kind, resume, dimension);
  const run = resume === undefined ? await startRun(kind, evaluate, {chains, dimension}, options) : restoreRun(resume);
  if (resume === undefined) await restartSteps(run, evaluate);
  const {from, ends} = varianceWindows(warmup);
  const total = warmup + draws;
  const stops = [from, ...ends, warmup, total];
  const state = () => saveRun(run, {kind, dimension, warmup});
  finishWarmup(run, warmup);

  while (run.iteration < total) {
    const until = stops.reduce(
      (next, stop) => (stop > run.iteration ? Math.min(next, stop) : next),
      run.iteration + BLOCK,
    );
    const adapting = run.iteration < warmup;
    const stretch: Stretch = {transitions: until - run.iteration, adapting, targetAcceptance};
    const stretches = await drive(
      run.chains.map((_, chain) => advance(run, chain, kernel, stretch)),
      evaluate,
    );
    if (!adapting) {
      record(run, stretches, run.iteration - warmup, maxDepth);
    } else if (run.iteration >= from && until <= (ends.at(-1) ?? 0)) {
      for (const {rest} of stretches.flat()) run.window = addToVariance(run.window, rest.position);
    }
    run.iteration = until;
    if (adapting && ends.includes(until)) await rescale(run, evaluate, dimension);
    finishWarmup(run, warmup);
    const phase = until <= warmup ? 'warmup' : 'sampling';
    onProgress?.({phase, iteration: until, total, divergences: run.divergences.length, state});
  }
  return resultOf(target, state());
}

/** How far chains go without waiting for each other. */
interface Stretch {
  readonly transitions: number;
  readonly adapting: boolean;
  readonly targetAcceptance: number;
}

/** Several transitions of one chain, with its own step length while it adapts. */
function* advance(
  run: Run,
  index: number,
  kernel: Kernel,
  {transitions, adapting, targetAcceptance}: Stretch,
): Program<Transition[]> {
  const chain = run.chains[index] as Run['chains'][number];
  let adaptation = run.adaptations[index] as Run['adaptations'][number];
  const done: Transition[] = [];
  for (let i = 0; i < transitions; i++) {
    const step = adapting ? Math.exp(adaptation.logStep) : run.stepSize;
    const transition = yield* kernel(chain.rest, {step, inverseMass: run.inverseMass}, chain.rng);
    chain.rest = transition.rest;
    if (adapting) adaptation = dualAveraging(adaptation, transition.acceptance, targetAcceptance);
    done.push(transition);
  }
  run.adaptations[index] = adaptation;
  return done;
}

/** At the end of warm-up all chains take the geometric mean of their averaged step lengths. */
function finishWarmup(run: Run, warmup: number): void {
  if (run.iteration !== warmup) return;
  const sum = run.adaptations.reduce((total, {logAverage}) => total + logAverage, 0);
  run.stepSize = Math.exp(sum / run.adaptations.length);
}

/** Takes the variances of the window for the inverse mass and begins a new window. */
async function rescale(run: Run, evaluate: Evaluate, dimension: number): Promise<void> {
  run.inverseMass = varianceOf(run.window) ?? run.inverseMass;
  run.window = startVariance(dimension);
  await restartSteps(run, evaluate);
}

async function restartSteps(run: Run, evaluate: Evaluate): Promise<void> {
  const programs = run.chains.map(({rest, rng}, c) =>
    findStepSize(rest, rng, run.inverseMass, Math.exp(run.adaptations[c]?.logStep ?? 0)),
  );
  run.adaptations = (await drive(programs, evaluate)).map(startDualAveraging);
}

function record(run: Run, stretches: readonly Transition[][], first: number, maxDepth: number): void {
  stretches.forEach((transitions, chain) => {
    transitions.forEach((transition, i) => {
      recordDraw(run, {chain, draw: first + i}, transition, transition.rest.position);
      if (transition.depth >= maxDepth) run.saturated++;
    });
  });
}

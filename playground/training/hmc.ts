import * as tf from '@tensorflow/tfjs-core';
import {monteCarloPredict, type Posterior} from 'tfjs-bayes';
import {hmc, type SamplerState} from 'tfjs-bayes/inference';
import type {Problem} from './problem.ts';
import type {Training} from './training.ts';

const CHAINS = 8;
/** Length of a trajectory in standard deviations of the posterior: short, so that a page can wait for it. */
const TIME = 0.3;
const DRAWS_PER_STEP = 2;
/** Steps of an optimizer that count as one step here, and those that count as one transition of the warm-up. */
const [OPTIMIZER_STEPS, WARMUP_STEPS] = [25, 12];

/** Draws whole nets by Hamiltonian Monte Carlo: first the warm-up as one step, then a few draws of each chain at a time. */
export function sampleNets(problem: Problem): Training {
  const {x, y, likelihood, priorPrecision, trainSize, rng, settings} = problem;
  const net = layersOf(problem);
  const targets = tf.tile(y, [CHAINS, 1]);
  const logDensity = (theta: tf.Tensor2D): tf.Tensor1D => {
    const f = forward(theta, x, net, settings.activation);
    const count = theta.shape[0];
    const flat = tf.reshape(f, [count * trainSize, problem.outputs]);
    const losses = likelihood.negLogProb(flat, tf.slice(targets, 0, count * trainSize));
    const logLikelihood = tf.neg(tf.sum(tf.reshape(losses, [count, trainSize]), 1));
    return tf.sub(logLikelihood, tf.mul(priorPrecision / 2, tf.sum(tf.square(theta), 1)));
  };
  const dimension = net.reduce((sum, [inputs, outputs]) => sum + (inputs + 1) * outputs, 0);
  const streams = Array.from({length: CHAINS}, (_, c) => rng.fork('start').fork(c).normals(dimension));
  const initial = streams.map((start) => start.map((value) => 0.3 * value));
  const warmup = 5 + Math.round(settings.numbers.steps / WARMUP_STEPS);
  let state: SamplerState | undefined;
  let draws = 0;
  return {
    steps: 1 + Math.round(settings.numbers.steps / OPTIMIZER_STEPS),
    step: async () => {
      draws += DRAWS_PER_STEP;
      const options = state === undefined ? {chains: CHAINS, warmup, rng, initial} : {resume: state};
      ({state} = await hmc({logDensity, dimension}, {...options, draws, time: TIME}));
    },
    posterior: () => {
      const chains = state?.draws ?? initial.map((start) => Array.from(start));
      // Draws one after the other over the chains, so that few of them already come from all.
      const rows = (chains[0]?.length ?? 0) / dimension;
      const nets = Array.from({length: rows * CHAINS}, (_, i) => {
        const from = Math.floor(i / CHAINS) * dimension;
        return (chains[i % CHAINS] ?? []).slice(from, from + dimension);
      });
      return posteriorOf(nets, net, problem);
    },
    dispose: () => targets.dispose(),
  };
}

/** The nets that were drawn as a posterior; with fewer samples than nets, evenly spaced ones. */
function posteriorOf(nets: number[][], layers: Layers, {likelihood, settings}: Problem): Posterior {
  const posterior: Posterior = {
    likelihood,
    predict: (x, options) => monteCarloPredict(posterior, x, options),
    sampleOutputs: async (x, {samples}) => {
      const count = Math.min(samples, nets.length);
      const chosen = Array.from({length: count}, (_, s) => nets[Math.floor((s * nets.length) / count)] ?? []);
      return tf.tidy(() => forward(tf.tensor2d(chosen), x as tf.Tensor2D, layers, settings.activation));
    },
    save: () => Promise.reject(new Error('These draws live in the page only.')),
    dispose: () => {},
  };
  return posterior;
}

/** Inputs and outputs of each layer. */
type Layers = readonly (readonly [inputs: number, outputs: number])[];

function layersOf({x, outputs, settings}: Problem): Layers {
  const {width} = settings.numbers;
  return [
    [x.shape[1], width],
    [width, width],
    [width, outputs],
  ];
}

/** The outputs [S, N, C] of S nets whose weights are rows of `theta`. */
function forward(theta: tf.Tensor2D, x: tf.Tensor2D, layers: Layers, activation: 'tanh' | 'relu'): tf.Tensor3D {
  const nets = theta.shape[0];
  let at = 0;
  const take = (shape: [number, number]): tf.Tensor3D => {
    const size = shape[0] * shape[1];
    const part = tf.slice(theta, [0, at], [nets, size]);
    at += size;
    return tf.reshape(part, [nets, ...shape]);
  };
  return layers.reduce(
    (hidden, [inputs, outputs], i) => {
      const sum = tf.add<tf.Tensor3D>(tf.matMul(hidden, take([inputs, outputs])), take([1, outputs]));
      if (i === layers.length - 1) return sum;
      return activation === 'tanh' ? tf.tanh(sum) : tf.relu(sum);
    },
    tf.tile<tf.Tensor3D>(tf.expandDims(x, 0), [nets, 1, 1]),
  );
}

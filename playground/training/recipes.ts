import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {monteCarloPredict, type Posterior, pointEstimate} from 'tfjs-bayes';
import {ensembleOf, swag} from 'tfjs-bayes/ensembles';
import {laplace} from 'tfjs-bayes/laplace';
import {
  ivon,
  mcDropout,
  toBayesian,
  variational,
  vbllClassification,
  vbllHeteroscedasticRegression,
  vbllPosterior,
  vbllRegression,
} from 'tfjs-bayes/layers';
import type {MethodName} from '../methods.ts';
import {sampleNets} from './hmc.ts';
import {buildNet, lossOf, seedFrom, stepper} from './net.ts';
import type {Problem} from './problem.ts';
import type {Training} from './training.ts';

const LEARNING_RATE = 0.03;

/** How each method is trained. */
export const RECIPES: Readonly<Record<MethodName, (problem: Problem) => Training>> = {
  map: (problem) => {
    const {model, ...rest} = descend(problem);
    return {...rest, posterior: () => pointEstimate(model, {likelihood: problem.likelihood})};
  },
  laplace: (problem) => laplaceTraining(problem, 'last-layer'),
  'laplace-all': (problem) => laplaceTraining(problem, 'all'),
  flipout: (problem) => {
    const {task, trainSize, priorPrecision, rng} = problem;
    const plain = buildNet(problem, rng.fork('net'));
    const model = toBayesian(plain, {
      trainSize,
      estimator: 'flipout',
      prior: {kind: 'gaussian', scale: 1 / Math.sqrt(priorPrecision)},
      // In full the divergence leaves so small a net little more than a straight line between classes.
      klWeight: task === 'classes' ? 0.2 : 1,
      seed: seedFrom(rng),
    });
    plain.dispose();
    return {...train(problem, model), posterior: () => variational(model, {likelihood: problem.likelihood})};
  },
  vbll: (problem) => {
    const {task, outputs, trainSize, priorPrecision, settings, rng} = problem;
    const options = {trainSize, priorPrecision, seed: seedFrom(rng)};
    const head =
      task === 'classes'
        ? vbllClassification({...options, units: outputs})
        : outputs === 2
          ? vbllHeteroscedasticRegression({...options, units: 1})
          : vbllRegression({...options, units: 1, noiseScale: settings.numbers.assumed});
    const model = buildNet(problem, rng.fork('net'), {head});
    const optimizer = tf.train.adam(2 * LEARNING_RATE); // its bound is flatter than the loss of a plain net
    const steps = train(problem, model, {optimizer, loss: head.loss as never});
    return {...steps, posterior: () => smoothly(vbllPosterior(model), problem)};
  },
  ivon: (problem) => {
    const {task, trainSize, priorPrecision, settings, likelihood, rng} = problem;
    const {steps, assumed} = settings.numbers;
    const optimizer = ivon((step) => 0.3 * (0.02 + 0.98 * Math.cos((Math.PI / 2) * Math.min(1, step / steps))), {
      ess: trainSize,
      hessInit: task === 'classes' || settings.noiseModel === 'learned' ? 0.1 : 0.1 / assumed ** 2,
      beta2: 0.995,
      weightDecay: priorPrecision / trainSize,
      clipRadius: 0.2,
      rescaleLearningRate: false,
      rng: rng.fork('ivon'),
    });
    const flat = {...problem, priorPrecision: 0}; // the prior is the optimizer's weight decay
    const model = buildNet(flat, rng.fork('net'));
    return {...train(problem, model, {optimizer}), posterior: () => optimizer.posterior(model, {likelihood})};
  },
  swag: (problem) => {
    const {steps} = problem.settings.numbers;
    const {model, step, dispose} = descend(problem);
    const {likelihood} = problem;
    const collector = swag(model, {likelihood});
    const every = Math.max(1, Math.floor(steps / 80));
    let done = 0;
    return {
      dispose,
      step: async () => {
        await step();
        done++;
        if (done > steps / 2 && done % every === 0) await collector.collect();
      },
      posterior: () => (collector.count > 1 ? collector.posterior() : pointEstimate(model, {likelihood})),
    };
  },
  dropout: (problem) => {
    const {rate} = problem.settings.numbers;
    const model = buildNet(problem, problem.rng.fork('net'), {dropout: rate});
    return {
      ...train(problem, model),
      posterior: () => mcDropout(model, {likelihood: problem.likelihood, fixedMasks: true}),
    };
  },
  ensemble: (problem) => {
    const members = Array.from({length: problem.settings.numbers.members}, (_, m) => descend(problem, m));
    return {
      step: async () => {
        for (const {step} of members) await step();
      },
      posterior: () =>
        ensembleOf(
          members.map(({model}) => model),
          {likelihood: problem.likelihood},
        ),
      dispose: () => {
        for (const {dispose} of members) dispose();
      },
    };
  },
  hmc: sampleNets,
};

function laplaceTraining(problem: Problem, weights: 'last-layer' | 'all'): Training {
  const {x, y, likelihood, priorPrecision} = problem;
  const {model, ...rest} = descend(problem);
  const posterior = async (): Promise<Posterior> =>
    smoothly(await laplace(model, {likelihood, weights, structure: 'full', priorPrecision}).fit(x, y), problem);
  return {...rest, posterior};
}

/**
 * The same posterior, predicting classes from draws of whole functions. A closed form splits the entropy by draws of its own at
 * each input, which few samples leave grainy on a map; functions are smooth.
 */
function smoothly(posterior: Posterior, {task}: Problem): Posterior {
  if (task === 'numbers') return posterior;
  return {
    likelihood: posterior.likelihood,
    predict: (x, options) => monteCarloPredict(posterior, x, options),
    sampleOutputs: (x, options) => posterior.sampleOutputs(x, options),
    save: (handler) => posterior.save(handler),
    dispose: () => posterior.dispose(),
  };
}

/** A plain net on its way to the most probable weights. */
function descend(problem: Problem, member = 0) {
  const model = buildNet(problem, problem.rng.fork('net').fork(member));
  return {model, ...train(problem, model, {member})};
}

function train(
  problem: Problem,
  model: tfl.LayersModel,
  {
    optimizer = tf.train.adam(LEARNING_RATE),
    loss = lossOf(problem),
    member = 0,
  }: {optimizer?: tf.Optimizer; loss?: tfl.ModelCompileArgs['loss']; member?: number} = {},
): Pick<Training, 'step' | 'dispose'> {
  model.compile({optimizer, loss});
  return {
    step: stepper(model, problem, problem.rng.fork('batches').fork(member)),
    dispose: () => {
      model.dispose();
      optimizer.dispose();
    },
  };
}

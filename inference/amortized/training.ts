import * as tf from '@tensorflow/tfjs-core';
import {batches} from '../../src/data/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {bitsOf, digest} from '../../src/models/fingerprint.ts';
import {batchesOf, flattenWeights, sliceInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCounts} from '../flows/stack.ts';
import {type DataSets, mapTensors, type Simulations, type Simulator, tensorsOf, withSimulations} from './simulator.ts';
import {assignAll, FlatAdam} from './training-adam.ts';
import {readCheckpoint, writeCheckpoint} from './training-checkpoint.ts';
import type {EpochLosses, TrainingState} from './training-state.ts';

/** Where training stands. */
export interface TrainingProgress extends EpochLosses {
  /** Epochs done. */
  readonly epoch: number;
  /** How many there will be. */
  readonly epochs: number;
}

/** Options of {@link AmortizedPosterior.train}. */
export interface TrainingOptions {
  /** Simulations to train on. Default 10000. */
  readonly simulations?: number;
  /** Further simulations to choose the best epoch by. Default 1000. */
  readonly validation?: number;
  /** Passes over the simulations. Default 100. */
  readonly epochs?: number;
  /** Simulations in a batch. Default 256. */
  readonly batchSize?: number;
  /** Adam's largest step, which falls to 0 along half a cosine. Default 1e-3. */
  readonly learningRate?: number;
  /** Draws the simulations and orders the batches; only forked. Default `createRng(0)`. */
  readonly rng?: Rng;
  /** Called after each epoch; a promise is waited for. */
  readonly onProgress?: (progress: TrainingProgress) => void | Promise<void>;
  /** Largest norm of the gradient. Default 5. */
  readonly clipNorm?: number;
  /**
   * A path in Node, a URL or a `tf.io` handler: where to save, and to go on from where something is saved there, with the same result as
   * without the break. The simulations are drawn again: a simulator that gives others than before is refused.
   */
  readonly checkpoint?: string | tf.io.IOHandler;
  /** Epochs from one checkpoint to the next. Default 10; the last is always saved. */
  readonly checkpointEvery?: number;
}

/** How training went. */
export interface Training {
  /** Losses of every epoch, in nats. */
  readonly history: readonly EpochLosses[];
  /** The epoch, from 1 on, whose weights are kept: that of the lowest validation loss. */
  readonly bestEpoch: number;
}

/** What is trained. */
export interface Trainee {
  readonly simulator: Simulator;
  readonly variables: readonly tf.Variable[];
  /** Shifts and scales, which `adapt` sets. */
  readonly constants: readonly tf.Variable[];
  /** Takes shifts and scales from the simulations. */
  adapt(simulations: Simulations): void;
  /** Mean -log q(theta | data). */
  loss(simulations: Simulations): tf.Scalar;
  /** What the networks are, for the checkpoint. */
  describe(): string;
}

/** Trains by maximum likelihood on simulations that are drawn once; keeps the weights of the best epoch. */
export async function trainAmortized(trainee: Trainee, options: TrainingOptions = {}): Promise<Training> {
  const {simulations, validation, rng} = settingsOf(options);
  const draw = (name: string, count: number, work: (drawn: Simulations) => Promise<Training>) =>
    withSimulations('amortizedPosterior.train', trainee.simulator, {rng: rng.fork(name), count}, work);
  return draw('training', simulations, (drawn) =>
    draw('validation', validation, (held) => trainOn(trainee, {drawn, held}, options)),
  );
}

async function trainOn(
  trainee: Trainee,
  {drawn, held}: {drawn: Simulations; held: Simulations},
  options: TrainingOptions,
): Promise<Training> {
  const settings = settingsOf(options);
  const {variables} = trainee;
  const {simulations, epochs, batchSize, learningRate, rng} = settings;
  const {checkpoint, checkpointEvery = 10, onProgress} = options;
  const optimizer = new FlatAdam(variables, settings.clipNorm);
  const steps = epochs * Math.ceil(simulations / batchSize);
  let state: TrainingState = {epoch: 0, history: [], bestEpoch: 0};
  let best = tf.tidy(() => flattenWeights([...variables]));
  try {
    trainee.adapt(drawn);
    const run = checkpoint === undefined ? '' : await describeRun(trainee, {drawn, held}, settings);
    const saved = checkpoint === undefined ? undefined : await readCheckpoint(checkpoint, run);
    if (saved !== undefined) {
      state = saved.state;
      optimizer.setState(saved.optimizer);
      tf.dispose(best);
      best = tf.tensor1d(saved.best);
      tf.tidy(() => assignAll(variables, tf.tensor1d(saved.weights)));
    }
    while (state.epoch < epochs) {
      const order = rng.fork('order').fork(state.epoch);
      const losses = tf.tidy(() => {
        const total: tf.Scalar[] = [];
        let step = (state.epoch * steps) / epochs;
        for (const rows of batches(simulations, {batchSize, rng: order})) {
          const rate = (learningRate * (1 + Math.cos((Math.PI * step++) / steps))) / 2;
          total.push(trainStep(trainee, optimizer, {drawn, rows, rate}));
        }
        return {loss: tf.mean(tf.stack(total)), validationLoss: meanLoss(trainee, held, batchSize)};
      });
      const [[loss], [validationLoss]] = (await Promise.all([losses.loss.data(), losses.validationLoss.data()])) as [
        Float32Array,
        Float32Array,
      ];
      tf.dispose([losses.loss, losses.validationLoss]);
      state = nextState(state, {loss: loss as number, validationLoss: validationLoss as number});
      if (state.bestEpoch === state.epoch) {
        tf.dispose(best);
        best = tf.tidy(() => flattenWeights([...variables]));
      }
      if (checkpoint !== undefined && (state.epoch % checkpointEvery === 0 || state.epoch === epochs)) {
        await writeCheckpoint(checkpoint, run, {state, optimizer, best, variables});
      }
      await onProgress?.({epoch: state.epoch, epochs, ...(state.history.at(-1) as EpochLosses)});
    }
  } finally {
    assignAll(variables, best);
    optimizer.dispose();
    best.dispose();
  }
  return {history: state.history, bestEpoch: state.bestEpoch};
}

/** Says which training it is: networks, what standardizes them, simulations, options and stream. */
async function describeRun(
  trainee: Trainee,
  {drawn, held}: {drawn: Simulations; held: Simulations},
  settings: ReturnType<typeof settingsOf>,
): Promise<string> {
  const tensors = [drawn, held].flatMap(({theta, data}) => [theta, ...tensorsOf(data)]);
  const values = await Promise.all([...tensors, ...trainee.constants].map((tensor) => tensor.data()));
  return JSON.stringify({
    ...settings,
    rng: Array.from(settings.rng.getState()),
    networks: trainee.describe(),
    simulations: digest(values.map(bitsOf)),
  });
}

function trainStep(
  trainee: Trainee,
  optimizer: FlatAdam,
  {drawn, rows, rate}: {drawn: Simulations; rows: Uint32Array; rate: number},
): tf.Scalar {
  return tf.tidy(() => {
    const index = tf.tensor1d(Int32Array.from(rows), 'int32');
    const take = (tensor: tf.Tensor) => tf.gather(tensor, index);
    const batch = {theta: take(drawn.theta) as tf.Tensor2D, data: mapTensors(drawn.data, take)};
    const {value, grads} = tf.variableGrads(() => trainee.loss(batch), [...trainee.variables]);
    optimizer.step(grads, rate);
    return value;
  });
}

/** The mean loss over simulations, in batches that weigh as much as they hold. */
function meanLoss(trainee: Trainee, {theta, data}: Simulations, batchSize: number): tf.Scalar {
  const count = theta.shape[0];
  const parts = batchesOf(count, batchSize).map(({start, size}) =>
    tf.tidy(() => {
      const batch = {theta: sliceInputs(theta, start, size), data: sliceInputs(data, start, size)};
      return tf.mul(trainee.loss(batch as {theta: tf.Tensor2D; data: DataSets}), size / count);
    }),
  );
  return tf.addN(parts) as tf.Scalar;
}

function nextState(state: TrainingState, losses: EpochLosses): TrainingState {
  const epoch = state.epoch + 1;
  const {loss, validationLoss} = losses;
  if (!(Number.isFinite(loss) && Number.isFinite(validationLoss))) {
    throw new ConfigError(
      `amortizedPosterior.train: expected losses that are finite, got ${loss} in training and ${validationLoss} in validation ` +
        `in epoch ${epoch}. Check that the simulator gives finite numbers, or lower the learning rate.`,
    );
  }
  const before = state.history[state.bestEpoch - 1]?.validationLoss ?? Number.POSITIVE_INFINITY;
  const bestEpoch = validationLoss < before ? epoch : state.bestEpoch;
  return {epoch, history: [...state.history, losses], bestEpoch};
}

function settingsOf({
  simulations = 10000,
  validation = 1000,
  epochs = 100,
  batchSize = 256,
  learningRate = 1e-3,
  clipNorm = 5,
  rng = createRng(0),
  checkpointEvery = 10,
}: TrainingOptions) {
  checkCounts('amortizedPosterior.train', {
    simulations: [simulations, 2],
    validation: [validation, 1],
    epochs: [epochs, 1],
    batchSize: [batchSize, 1],
    checkpointEvery: [checkpointEvery, 1],
  });
  for (const [name, value] of Object.entries({learningRate, clipNorm})) {
    if (value > 0) continue;
    throw new ConfigError(
      `amortizedPosterior.train: expected ${name} above 0, got ${value}. Leave it out for the default.`,
    );
  }
  return {simulations, validation, epochs, batchSize, learningRate, clipNorm, rng};
}

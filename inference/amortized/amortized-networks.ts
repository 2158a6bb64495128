import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError, FormatError, ModelMismatchError, NotFittedError, ShapeError} from '../../src/errors.ts';
import {loadHandler} from '../../src/io/handlers.ts';
import {fromArtifacts, saveHandler, toArtifacts} from '../../src/io/index.ts';
import {batchesOf, countInputs, readWeights, sliceInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {Flow} from '../flows/flow.ts';
import {flowLogDensity, standardNormal} from '../flows/flow-density.ts';
import type {AmortizedDraws, AmortizedPosterior, AmortizedSampleOptions} from './amortized-posterior.ts';
import type {DataSets, Simulations, Simulator} from './simulator.ts';
import type {SummaryNetwork} from './summary-network.ts';
import {type Training, type TrainingOptions, trainAmortized} from './training.ts';
import {assignAll} from './training-adam.ts';

const KIND = 'inference/amortized';
const VERSION = 1;
/** Rows of theta that go through the flow at a time. */
const ROWS = 65536;

/** An {@link AmortizedPosterior} of a summary network and a flow. */
export class AmortizedNetworks implements AmortizedPosterior {
  readonly dimension: number;
  readonly summaryDimension: number;
  readonly names: readonly string[];
  readonly simulator: Simulator;
  readonly #summary: SummaryNetwork;
  readonly #flow: Flow;
  /** Mean and sd of theta's columns over the simulations. */
  readonly #center: tf.Variable;
  readonly #scale: tf.Variable;
  readonly #variables: readonly tf.Variable[];
  #trained = false;

  constructor(simulator: Simulator, summary: SummaryNetwork, flow: Flow, names: readonly string[]) {
    this.dimension = flow.dimension;
    this.summaryDimension = summary.outputDimension;
    this.names = names;
    this.simulator = simulator;
    this.#summary = summary;
    this.#flow = flow;
    this.#center = tf.tidy(() => tf.variable(tf.zeros([flow.dimension])));
    this.#scale = tf.tidy(() => tf.variable(tf.ones([flow.dimension])));
    this.#variables = [...summary.variables, ...flow.variables];
  }

  async train(options?: TrainingOptions): Promise<Training> {
    const training = await trainAmortized(
      {
        simulator: this.simulator,
        variables: this.#variables,
        constants: this.#constants(),
        adapt: (simulations) => this.#adapt(simulations),
        loss: ({theta, data}) =>
          tf.tidy(() => tf.neg(tf.mean(this.#density(theta, this.#summary.summarize(data)))) as tf.Scalar),
        describe: () => this.#describe(),
      },
      options,
    );
    this.#trained = true;
    return training;
  }

  summaries(data: DataSets): tf.Tensor2D {
    this.#checkTrained('summaries');
    return this.#summary.summarize(data);
  }

  sample(data: DataSets, {draws = 1000, rng = createRng(0)}: AmortizedSampleOptions = {}): AmortizedDraws {
    this.#checkTrained('sample');
    const sets = countInputs(data, 'amortizedPosterior.sample');
    const streams = Array.isArray(rng) ? (rng as readonly Rng[]) : undefined;
    if (!(Number.isInteger(draws) && draws > 0) || (streams !== undefined && streams.length !== sets)) {
      throw new ConfigError(
        `amortizedPosterior.sample: expected draws to be a whole number above 0 and one rng or one for each of ${sets} data ` +
          `sets, got ${draws} draws and ${streams?.length ?? 1} streams. Pass one stream for all.`,
      );
    }
    const noiseOf = (start: number, size: number): tf.Tensor2D => {
      if (streams === undefined) return normalTensor<tf.Rank.R2>(rng as Rng, [size * draws, this.dimension]);
      const parts = streams.slice(start, start + size);
      return tf.concat2d(
        parts.map((stream) => normalTensor<tf.Rank.R2>(stream, [draws, this.dimension])),
        0,
      );
    };
    return tf.tidy(() => {
      const parts = batchesOf(sets, Math.max(1, Math.floor(ROWS / draws))).map(({start, size}) => {
        const context = this.#contextOf(sliceInputs(data, start, size) as DataSets, draws);
        const noise = noiseOf(start, size);
        const {value, logDeterminant} = this.#flow.forward(noise, context);
        const logDensity = tf.sub(tf.sub(standardNormal(noise), logDeterminant), this.#logScale());
        return {theta: tf.add(tf.mul(value, this.#scale), this.#center), logDensity};
      });
      return {
        theta: tf.concat2d(
          parts.map(({theta}) => theta as tf.Tensor2D),
          0,
        ),
        logDensity: tf.concat1d(parts.map(({logDensity}) => logDensity as tf.Tensor1D)),
      };
    });
  }

  logDensity(theta: tf.Tensor2D, data: DataSets): tf.Tensor1D {
    this.#checkTrained('logDensity');
    const sets = countInputs(data, 'amortizedPosterior.logDensity');
    const draws = theta.shape[0] / sets;
    if (theta.rank !== 2 || theta.shape[1] !== this.dimension || !Number.isInteger(draws)) {
      throw new ShapeError(
        `amortizedPosterior.logDensity: expected theta of shape [S times ${sets}, ${this.dimension}], got [${theta.shape}]. ` +
          `Pass the same number of rows for each of the ${sets} data sets.`,
      );
    }
    return tf.tidy(() => {
      const parts = batchesOf(sets, Math.max(1, Math.floor(ROWS / draws))).map(({start, size}) => {
        const context = this.#contextOf(sliceInputs(data, start, size) as DataSets, draws);
        return this.#density(tf.slice(theta, [start * draws, 0], [size * draws, this.dimension]), context);
      });
      return tf.concat1d(parts);
    });
  }

  async save(target: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    this.#checkTrained('save');
    const handler = saveHandler(target);
    if (!handler.save) {
      throw new ConfigError(
        'amortizedPosterior.save: expected a handler with a save method, got one that only loads. Pass a path.',
      );
    }
    const values = Float32Array.from(await readWeights(this.#stored()));
    const config = {networks: this.#describe()};
    return handler.save(toArtifacts({kind: KIND, version: VERSION, config, arrays: {values}}));
  }

  async load(source: string | tf.io.IOHandler): Promise<void> {
    const caller = 'amortizedPosterior.load';
    const handler = loadHandler(source);
    if (!handler.load) {
      throw new ConfigError(`${caller}: expected a handler with a load method, got one that only saves. Pass a path.`);
    }
    const {kind, version, config, arrays} = fromArtifacts(await handler.load(), caller);
    if (kind !== KIND || version !== VERSION) {
      throw new FormatError(
        `${caller}: expected an amortized posterior, got '${kind} ${version}'. Give what save wrote.`,
      );
    }
    if (config.networks !== this.#describe()) {
      throw new ModelMismatchError(
        `${caller}: expected the networks ${this.#describe()}, got ${config.networks}. Make the posterior as it was made.`,
      );
    }
    tf.tidy(() => assignAll(this.#stored(), tf.tensor1d(arrays.values as Float32Array)));
    this.#trained = true;
  }

  dispose(): void {
    this.#summary.dispose();
    this.#flow.dispose();
    tf.dispose([this.#center, this.#scale]);
  }

  /** Shifts and scales, taken once: trained weights belong to them. */
  #adapt({theta, data}: Simulations): void {
    if (this.#trained) return;
    if (theta.rank !== 2 || theta.shape[1] !== this.dimension) {
      throw new ShapeError(
        `amortizedPosterior.train: expected a simulator of theta [n, ${this.dimension}], got [${theta.shape}]. Give the flow its columns.`,
      );
    }
    this.#summary.adapt(data);
    tf.tidy(() => {
      const {mean, variance} = tf.moments(theta, 0);
      this.#center.assign(mean);
      // A column that never changes is not scaled.
      this.#scale.assign(tf.where(tf.greater(variance, 0), tf.sqrt(variance), tf.onesLike(variance)));
    });
  }

  /** log q(theta | context) of theta as it was simulated. */
  #density(theta: tf.Tensor2D, context: tf.Tensor2D): tf.Tensor1D {
    const standardized = tf.div(tf.sub(theta, this.#center), this.#scale) as tf.Tensor2D;
    return tf.sub(flowLogDensity(this.#flow, standardized, context), this.#logScale());
  }

  #logScale(): tf.Tensor {
    return tf.sum(tf.log(this.#scale));
  }

  /** The summaries of some data sets, a row for each draw; one row for all where there is one data set. */
  #contextOf(data: DataSets, draws: number): tf.Tensor2D {
    const summaries = this.#summary.summarize(data);
    const [sets, columns] = summaries.shape;
    if (sets === 1) return summaries;
    return tf.reshape(tf.mul(tf.ones([sets, draws, 1]), tf.expandDims(summaries, 1)), [sets * draws, columns]);
  }

  #stored(): tf.Variable[] {
    return [...this.#variables, ...this.#constants()];
  }

  #constants(): tf.Variable[] {
    return [...this.#summary.constants, this.#center, this.#scale];
  }

  #describe(): string {
    return JSON.stringify({summary: this.#summary.getConfig(), flow: this.#flow.getConfig()});
  }

  #checkTrained(method: string): void {
    if (this.#trained) return;
    throw new NotFittedError(
      `amortizedPosterior.${method}: expected networks that are trained, got new ones. Call train or load first.`,
    );
  }
}

import * as tf from '@tensorflow/tfjs-core';
import type {Distribution, Support} from '../../src/distributions/index.ts';
import {realSupport} from '../../src/distributions/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Bijector} from './bijector.ts';
import {checkDerived, checkDrawn, checkLead, checkTheta, covers} from './checks.ts';
import {bijectorOf} from './choose-bijector.ts';
import type {Model, ParameterLayout} from './model.ts';
import {sumPerPoint} from './scalar-bijectors.ts';

/** Values by name, each [S, ...shape] for S points. */
export type Values = Readonly<Record<string, tf.Tensor>>;

/** What a parameter is: a prior, or a function of the parameters before it that gives one, and what the prior leaves open. */
export interface ParameterSpec {
  /** The prior; a function of the parameters listed before for a hierarchical one; flat over the support if left out. */
  readonly prior?: Distribution | ((earlier: Values) => Distribution);
  /** The shape of one value; default that of a prior which is no function, else `[]`. */
  readonly shape?: readonly number[];
  /** Where the values lie; default the prior's support, or all real numbers. */
  readonly support?: Support;
}

/** Data that the model explains. */
export interface Observation {
  /** The distribution of the data given the parameters; its batch is [S, ...] or broadcasts to it. */
  readonly distribution: Distribution;
  /** The data, without an axis of points; it broadcasts against the distribution's batch. */
  readonly value: tf.Tensor;
  /** How many observations there are in all where `value` holds a part of them along its first axis: scales by N / |B|. */
  readonly total?: number;
}

/** What {@link createModel} makes a model of. */
export interface ModelSpec<Data> {
  /** The parameters by name, in order; a distribution alone stands for `{prior: distribution}`. */
  readonly parameters: Readonly<Record<string, ParameterSpec | Distribution>>;
  /** The data that `observe` and `factor` are given where the caller passes none. */
  readonly data?: Data;
  /** The observations by name, given the parameters at S points. */
  readonly observe?: (values: Values, data: Data) => Readonly<Record<string, Observation>>;
  /** A further term of the log density, [S] or [S, ...] to be summed, for what has no distribution here. */
  readonly factor?: (values: Values, data: Data) => tf.Tensor;
  /** Quantities computed from the parameters, [S, ...] each, that `constrain` and samplers report beside them. */
  readonly derive?: (values: Values) => Readonly<Record<string, tf.Tensor>>;
}

/**
 * A model from priors and observations: a density on R^D for samplers and variational fits.
 *
 *     log density(theta) = sum log prior + sum (N / |B|) log p(observed) + factor + log |det d parameters / d theta|
 *
 * Every support is mapped to the real numbers ({@link bijectorOf}), and the determinant of the map counted. The functions are
 * given values with a leading axis of S points, [S, ...shape], inside `tf.tidy`: write `tf.expandDims(mu, 1)` to set a number
 * per point against N data.
 *
 * @param spec parameters, observations and what else there is.
 *
 * @throws ConfigError if there is no parameter, or one lies on whole numbers.
 * @throws ShapeError if a shape does not fit the support.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {createModel, halfCauchy, normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const y = tf.tensor1d([1.2, 0.7, 1.9]);
 * const model = createModel({
 *   parameters: {mu: normal(0, 10), sigma: halfCauchy(2.5)},
 *   observe: ({mu, sigma}) => ({
 *     y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), tf.expandDims(sigma as tf.Tensor, 1)), value: y},
 *   }),
 * });
 * const density = tf.tidy(() => model.logDensity(tf.zeros([4, model.dimension])));
 * console.log(model.dimension, density.shape);   // 2 [4]
 * tf.dispose([y, density]);
 * ```
 */
export function createModel<Data = undefined>(spec: ModelSpec<Data>): Model<Data> {
  const entries = Object.entries(spec.parameters).map(([name, given]) => entryOf(name, given));
  if (entries.length === 0) throw new ConfigError('createModel: expected parameters, got none. Name at least one.');
  const layouts: ParameterLayout[] = [];
  let dimension = 0;
  for (const {name, shape, support, unconstrained} of entries) {
    const size = tf.util.sizeFromShape(unconstrained);
    layouts.push({name, shape, support, offset: dimension, size});
    dimension += size;
  }
  const dataOr = (data: Data | undefined): Data => (data === undefined ? spec.data : data) as Data;
  const check = (theta: tf.Tensor2D) => checkTheta(theta, dimension);

  /** The values at theta with the determinants of their maps, one [S] for each parameter. */
  const read = (theta: tf.Tensor2D) => {
    const points = check(theta);
    const values: Record<string, tf.Tensor> = {};
    const determinants = entries.map(({name, bijector, unconstrained}, i) => {
      const {offset, size} = layouts[i] as ParameterLayout;
      const flat = tf.reshape(tf.slice(theta, [0, offset], [points, size]), [points, ...unconstrained]);
      values[name] = bijector.forward(flat);
      return bijector.logDeterminant(flat);
    });
    return {values, determinants};
  };
  const priorTerms = (values: Values, points: number): tf.Tensor[] =>
    entries.flatMap(({name, prior, shape, support}) => {
      if (prior === undefined) return [];
      const distribution = resolvePrior(prior, values);
      const value = values[name] as tf.Tensor;
      const inside = covers(distribution.support, support);
      const density = inside ? distribution.logProbInside(value) : distribution.logProb(value);
      return [sumPerPoint(checkLead(`the prior of ${name} (shape [${shape}])`, density, points))];
    });
  const observed = (values: Values, data: Data | undefined, points: number): [string, tf.Tensor, number][] =>
    Object.entries(spec.observe?.(values, dataOr(data)) ?? {}).map(([name, {distribution, value, total}]) => {
      const density = checkLead(`the observation ${name}`, distribution.logProb(tf.expandDims(value, 0)), points);
      return [name, density, total === undefined ? 1 : total / (value.shape[0] ?? 1)];
    });
  const terms = (theta: tf.Tensor2D, data?: Data): tf.Tensor[] => {
    const {values, determinants} = read(theta);
    const points = theta.shape[0];
    const likelihoods = observed(values, data, points).map(([, density, scale]) =>
      scale === 1 ? density : tf.mul(density, scale),
    );
    const factor = spec.factor?.(values, dataOr(data));
    return [
      ...determinants,
      ...priorTerms(values, points),
      ...likelihoods,
      ...(factor === undefined ? [] : [checkLead('factor', factor, points)]),
    ];
  };

  return {
    parameters: layouts,
    dimension,
    logDensity: (theta, data) => tf.tidy(() => tf.addN(terms(theta, data).map(sumPerPoint))),
    logDensityTerms: (theta, data) =>
      tf.tidy(() => {
        const columns = terms(theta, data).map((term) => tf.reshape(term, [theta.shape[0], -1]) as tf.Tensor2D);
        return tf.concat2d(columns, 1);
      }),
    logPrior: (theta) =>
      tf.tidy(() => {
        const {values, determinants} = read(theta);
        return tf.addN([...determinants, ...priorTerms(values, theta.shape[0])]) as tf.Tensor1D;
      }),
    constrain: (theta) =>
      tf.tidy(() => {
        const {values} = read(theta);
        const derived = spec.derive?.(values) ?? {};
        for (const [name, value] of Object.entries(derived)) checkDerived(name, value, theta.shape[0]);
        return {...values, ...derived};
      }),
    unconstrain: (values) =>
      tf.tidy(() => {
        const parts = entries.map(({name, bijector}) => {
          const value = values[name];
          if (value === undefined) {
            throw new ConfigError(`unconstrain: expected a value for ${name}, got none. Pass every parameter.`);
          }
          return tf.reshape(bijector.inverse(value), [value.shape[0] ?? 0, -1]) as tf.Tensor2D;
        });
        return tf.concat2d(parts, 1);
      }),
    samplePrior: (rng, count) =>
      tf.tidy(() => {
        const values: Record<string, tf.Tensor> = {};
        const parts = entries.map(({name, prior, shape, support, bijector}) => {
          if (prior === undefined) {
            throw new ConfigError(`samplePrior: expected a prior for ${name}, got none. A flat one has no draws.`);
          }
          const distribution = resolvePrior(prior, values);
          checkDrawn(name, distribution.support, support);
          const batch = [count, ...shape.slice(0, shape.length - distribution.eventShape.length)];
          const draw = distribution.sample(rng.fork(name), batch);
          values[name] = draw;
          return tf.reshape(bijector.inverse(draw), [count, -1]) as tf.Tensor2D;
        });
        return tf.concat2d(parts, 1);
      }),
    predictive: (theta, rng, data) =>
      tf.tidy(() => {
        const {values} = read(theta);
        const made: tf.NamedTensorMap = {};
        for (const [name, {distribution, value}] of Object.entries(spec.observe?.(values, dataOr(data)) ?? {})) {
          const rank = value.rank - distribution.eventShape.length;
          made[name] = distribution.sample(rng.fork(name), [theta.shape[0], ...value.shape.slice(0, rank)]);
        }
        return made;
      }),
    logLikelihoods: (theta, data) =>
      tf.tidy(() =>
        Object.fromEntries(
          observed(read(theta).values, data, theta.shape[0]).map(([name, density]) => [name, density] as const),
        ),
      ),
  };
}

interface Entry {
  readonly name: string;
  readonly prior: ParameterSpec['prior'] | undefined;
  readonly shape: number[];
  readonly support: Support;
  readonly bijector: Bijector;
  readonly unconstrained: number[];
}

function entryOf(name: string, given: ParameterSpec | Distribution): Entry {
  const spec: ParameterSpec = 'logProb' in given ? {prior: given} : given;
  const {prior} = spec;
  const fixed = typeof prior === 'function' ? undefined : prior;
  const shape = [...(spec.shape ?? (fixed === undefined ? [] : [...fixed.batchShape, ...fixed.eventShape]))];
  const support = spec.support ?? fixed?.support ?? realSupport();
  const bijector = bijectorOf(support);
  return {name, prior, shape, support, bijector, unconstrained: bijector.unconstrainedShape(shape)};
}

function resolvePrior(prior: NonNullable<ParameterSpec['prior']>, values: Values): Distribution {
  return typeof prior === 'function' ? prior(values) : prior;
}

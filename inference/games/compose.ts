import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import type {Game} from './game.ts';
import {joinInferred} from './inferred.ts';
import {productBelief} from './joint-belief.ts';
import type {Wire} from './wire.ts';

/**
 * Games one after another: what the first observes is what the second infers, and becomes a latent of the whole.
 *
 * The prior flows forwards through the models, the observation backwards through the inversions, and the loss is
 * F(second) + E[F(first)] over the second's draws. It does not matter how a chain is bracketed.
 *
 * @param first a game from X to Y.
 * @param second a game from Y to Z; further games may follow, each from what the one before observes.
 *
 * @throws ConfigError if two games have one name.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, linearGaussian, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const link = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1)});
 * const chain = sequence(prior('x', diagonalGaussian(tf.zeros([1, 1]), 1)), link('y'), link('z'));
 * console.log(Object.keys(chain.latents));   // ['x', 'y']
 * ```
 */
export function sequence<X extends Wire, Y extends Wire, Z extends Wire>(
  first: Game<X, Y>,
  second: Game<Y, Z>,
): Game<X, Z>;
export function sequence<X extends Wire, Y extends Wire, Z extends Wire, V extends Wire>(
  first: Game<X, Y>,
  second: Game<Y, Z>,
  third: Game<Z, V>,
): Game<X, V>;
export function sequence<X extends Wire, Y extends Wire>(
  first: Game<X, Y>,
  ...rest: readonly [...Game<Y, Y>[], Game<Y, Y>]
): Game<X, Y>;
export function sequence(first: Game<Wire, Wire>, ...rest: readonly Game<Wire, Wire>[]): Game<Wire, Wire> {
  return rest.reduce(pair, first);
}

function pair(first: Game<Wire, Wire>, second: Game<Wire, Wire>): Game<Wire, Wire> {
  // An identity has nothing to hide: filing its output would name one wire twice.
  const hides = first.observed.length > 0 && second.observed.length > 0;
  const latents = {...first.latents, ...(hides ? {[first.name]: first.observed} : {}), ...second.latents};
  const file = (y: Wire): Record<string, Wire> => (hides ? {[first.name]: y} : {});
  checkNames('sequence', first, second);
  return {
    name: second.observed.length > 0 ? second.name : first.name,
    observed: second.observed.length > 0 ? second.observed : first.observed,
    latents,
    variables: union(first, second),
    sample: (x, rng, draws) => {
      const middle = first.sample(x, rng, draws);
      const last = second.sample(middle.y, rng, draws);
      return {y: last.y, latents: {...middle.latents, ...file(middle.y), ...last.latents}};
    },
    pushforward: (prior, sweep) => second.pushforward(() => first.pushforward(prior, sweep), sweep),
    infer: ({prior, y, known}, sweep) => {
      const middle = once(() => first.pushforward(prior, sweep));
      const given = hides ? sweep.given[first.name] : undefined;
      const last = second.infer({prior: middle, y, known: given}, sweep);
      const samples = Math.max(sweep.samples, last.draws);
      const start = first.infer({prior, y: last.x, known}, {...sweep, samples});
      return joinInferred({...last, latents: {...file(last.x), ...last.latents}}, start, start.x);
    },
  };
}

/**
 * Two games side by side: energies and regularizers add.
 *
 * Each inversion sees only its own part of a joint prior, so a joint prior of correlated parts costs their mutual information,
 * which {@link gapReport} tells; a prior of independent parts costs nothing.
 *
 * @param first a game from X1 to Y1.
 * @param second a game from X2 to Y2.
 *
 * @throws ConfigError if two games have one name.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, parallel, prior} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const normal = (name: string) => prior(name, diagonalGaussian(tf.zeros([1, 1]), 1));
 * const {loss} = freeEnergy(parallel(normal('a'), normal('b')), [tf.zeros([1]), tf.zeros([1])]);
 * console.log((await loss.data())[0]);   // log(2 pi)
 * ```
 */
export function parallel<X1 extends Wire, Y1 extends Wire, X2 extends Wire, Y2 extends Wire>(
  first: Game<X1, Y1>,
  second: Game<X2, Y2>,
): Game<readonly [X1, X2], readonly [Y1, Y2]> {
  checkNames('parallel', first, second);
  const name = [first, second].map((part) => part.name).join('+');
  type Prior = (() => Belief<readonly [X1, X2]>) | null;
  const parts = (prior: Prior) => {
    const marginal = (i: number) => () => marginalOf(name, (prior as () => Belief<Wire>)(), i);
    const side = <X extends Wire>(i: number) => (prior === null ? null : once(marginal(i) as () => Belief<X>));
    return [side<X1>(0), side<X2>(1)] as const;
  };
  return {
    name,
    observed: [...first.observed, ...second.observed],
    latents: {...first.latents, ...second.latents},
    variables: union(first, second),
    sample: ([x1, x2], rng, draws) => {
      const [a, b] = [first.sample(x1, rng, draws), second.sample(x2, rng, draws)];
      return {y: [a.y, b.y], latents: {...a.latents, ...b.latents}};
    },
    pushforward: (prior, sweep) => {
      const [p1, p2] = parts(prior);
      return productBelief(first.pushforward(p1, sweep), second.pushforward(p2, sweep)) as unknown as Belief<
        readonly [Y1, Y2]
      >;
    },
    infer: ({prior, y: [y1, y2], known}, sweep) => {
      const [p1, p2] = parts(prior);
      const a = first.infer({prior: p1, y: y1, known: known?.[0]}, sweep);
      const samples = Math.max(sweep.samples, a.draws);
      const b = second.infer({prior: p2, y: y2, known: known?.[1]}, {...sweep, samples});
      const joined = joinInferred(a, b, [a.x, b.x] as const);
      const lost = sweep.gaps && prior !== null && known === undefined ? prior().mutualInformation?.() : undefined;
      return lost === undefined ? joined : {...joined, gaps: {...joined.gaps, [name]: lost}};
    },
  };
}

function marginalOf(name: string, prior: Belief<Wire>, i: number): Belief<Wire> {
  const marginal = prior.marginals?.()[i];
  if (marginal !== undefined) return marginal;
  throw new ConfigError(
    `parallel: expected a prior of two parts for ${name}, got ${prior.kind}. Make it by productBelief or splitGaussian.`,
  );
}

function once<X extends Wire>(make: () => Belief<X>): () => Belief<X> {
  let belief: Belief<X> | undefined;
  return () => {
    belief ??= make();
    return belief;
  };
}

type Trained = Pick<Game, 'variables'>;

function union(first: Trained, second: Trained): tf.Variable[] {
  return [...new Set([...first.variables, ...second.variables])];
}

type Named = Pick<Game, 'observed' | 'latents'>;

/** Names tell latents and terms apart. */
function checkNames(caller: string, first: Named, second: Named): void {
  const [own, others] = [first, second].map(({observed, latents}) => [...observed, ...Object.values(latents).flat()]);
  const twice = own?.find((name) => others?.includes(name));
  if (twice === undefined) return;
  throw new ConfigError(`${caller}: expected games of different names, got ${twice} twice. Rename one of them.`);
}

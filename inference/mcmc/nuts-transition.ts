import type {Rng} from '../../src/random/index.ts';
import {drawMomentum, leapfrog, logJoint, type Phase, type Program, type Rest} from './integrator.ts';

/** An energy error above this ends a trajectory and is reported as a divergence. */
const MAX_ENERGY_ERROR = 1000;

/** What one transition did. */
export interface Transition {
  /** Where the chain is now. */
  readonly rest: Rest;
  /** Mean acceptance probability along the trajectory. */
  readonly acceptance: number;
  /** Leapfrog steps taken. */
  readonly steps: number;
  /** Whether the energy error grew without bounds. */
  readonly diverged: boolean;
  /** Doublings of the trajectory; 0 for samplers without a tree. */
  readonly depth: number;
}

/** A stretch of the trajectory: its ends in order of time, summed momenta, and the point drawn from it. */
interface Tree {
  readonly first: Phase;
  readonly last: Phase;
  readonly momenta: Float64Array;
  readonly drawn: Phase;
  readonly logWeight: number;
  readonly turning: boolean;
}

interface Walk {
  readonly start: number;
  readonly step: number;
  readonly inverseMass: Float64Array;
  readonly rng: Rng;
  acceptance: number;
  steps: number;
  diverged: boolean;
}

/**
 * One transition of the no-U-turn sampler: the trajectory doubles forwards or backwards in time until it turns, and the next
 * point is drawn from it by its weights (multinomial, biased to the newer half).
 *
 * Sources: Hoffman and Gelman (2014); Betancourt (2017), with the turning test on summed momenta, also across the seams of
 * subtrees.
 */
export function* nutsTransition(
  rest: Rest,
  {step, inverseMass, maxDepth}: {step: number; inverseMass: Float64Array; maxDepth: number},
  rng: Rng,
): Program<Transition> {
  const origin: Phase = {...rest, momentum: drawMomentum(rng, inverseMass)};
  const walk: Walk = {
    start: logJoint(origin, inverseMass),
    step,
    inverseMass,
    rng,
    acceptance: 0,
    steps: 0,
    diverged: false,
  };
  let tree: Tree = leaf(origin, 0);
  let depth = 0;
  while (depth < maxDepth && !tree.turning) {
    const forward = uniform(rng) < 0.5;
    const added: Tree | undefined = yield* grow(forward ? tree.last : tree.first, depth, forward ? 1 : -1, walk);
    depth++;
    if (added === undefined) break;
    const takes = Math.log(uniform(rng)) < added.logWeight - tree.logWeight;
    tree = join(forward ? tree : added, forward ? added : tree, (takes ? added : tree).drawn, inverseMass);
  }
  const {position, logDensity, gradient} = tree.drawn;
  return {
    rest: {position, logDensity, gradient},
    acceptance: walk.acceptance / Math.max(walk.steps, 1),
    steps: walk.steps,
    diverged: walk.diverged,
    depth,
  };
}

/** A subtree of 2^depth steps beyond an end; undefined if it diverged or turned. */
function* grow(end: Phase, depth: number, direction: 1 | -1, walk: Walk): Program<Tree | undefined> {
  if (depth === 0) {
    const phase = yield* leapfrog(end, direction * walk.step, walk.inverseMass);
    const gain = logJoint(phase, walk.inverseMass) - walk.start;
    walk.steps++;
    walk.acceptance += Math.min(1, Math.exp(gain));
    if (gain < -MAX_ENERGY_ERROR) {
      walk.diverged = true;
      return undefined;
    }
    return leaf(phase, gain);
  }
  const inner = yield* grow(end, depth - 1, direction, walk);
  if (inner === undefined) return undefined;
  const outer = yield* grow(direction === 1 ? inner.last : inner.first, depth - 1, direction, walk);
  if (outer === undefined) return undefined;
  const takes = Math.log(uniform(walk.rng)) < outer.logWeight - logAdd(inner.logWeight, outer.logWeight);
  const [earlier, later] = direction === 1 ? [inner, outer] : [outer, inner];
  const tree = join(earlier, later, (takes ? outer : inner).drawn, walk.inverseMass);
  return tree.turning ? undefined : tree;
}

function leaf(phase: Phase, logWeight: number): Tree {
  return {first: phase, last: phase, momenta: phase.momentum, drawn: phase, logWeight, turning: false};
}

function join(earlier: Tree, later: Tree, drawn: Phase, inverseMass: Float64Array): Tree {
  const sum = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + (b[i] as number));
  const turns = (from: Phase, to: Phase, momenta: Float64Array) =>
    along(from, momenta, inverseMass) <= 0 || along(to, momenta, inverseMass) <= 0;
  const momenta = sum(earlier.momenta, later.momenta);
  return {
    first: earlier.first,
    last: later.last,
    momenta,
    drawn,
    logWeight: logAdd(earlier.logWeight, later.logWeight),
    turning:
      turns(earlier.first, later.last, momenta) ||
      turns(earlier.first, later.first, sum(earlier.momenta, later.first.momentum)) ||
      turns(earlier.last, later.last, sum(later.momenta, earlier.last.momentum)),
  };
}

/** The velocity at a point times the summed momenta. */
function along({momentum}: Phase, momenta: Float64Array, inverseMass: Float64Array): number {
  let product = 0;
  momentum.forEach((p, i) => {
    product += (inverseMass[i] as number) * p * (momenta[i] as number);
  });
  return product;
}

function logAdd(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

function uniform(rng: Rng): number {
  return rng.uniforms(1)[0] as number;
}

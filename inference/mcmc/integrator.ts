import type {Rng} from '../../src/random/index.ts';
import type {Evaluated} from './target.ts';

/** A point in phase space. */
export interface Phase extends Evaluated {
  readonly position: Float64Array;
  readonly momentum: Float64Array;
}

/** A position with its density, where a chain rests between transitions. */
export interface Rest extends Evaluated {
  readonly position: Float64Array;
}

/** Asks for the density at a position and is given it: chains run as programs whose questions are answered together. */
export type Program<Result> = Generator<Float64Array, Result, Evaluated>;

/** One leapfrog step of a signed length with a diagonal inverse mass. */
export function* leapfrog(from: Phase, step: number, inverseMass: Float64Array): Program<Phase> {
  const {position, momentum, gradient} = from;
  const half = momentum.map((p, i) => p + 0.5 * step * (gradient[i] as number));
  const next = position.map((q, i) => q + step * (inverseMass[i] as number) * (half[i] as number));
  const at: Evaluated = yield next;
  const after = half.map((p, i) => p + 0.5 * step * (at.gradient[i] as number));
  return {position: next, momentum: after, ...at};
}

/** log density less kinetic energy; -Infinity where either is not a number. */
export function logJoint({logDensity, momentum}: Phase, inverseMass: Float64Array): number {
  let kinetic = 0;
  momentum.forEach((p, i) => {
    kinetic += 0.5 * (inverseMass[i] as number) * p * p;
  });
  const joint = logDensity - kinetic;
  return Number.isNaN(joint) ? -Infinity : joint;
}

/** A momentum drawn from N(0, mass). */
export function drawMomentum(rng: Rng, inverseMass: Float64Array): Float64Array {
  return rng.normals(inverseMass.length).map((z, i) => z / Math.sqrt(inverseMass[i] as number));
}

/** A step length whose single step is accepted about as often as it is refused at 0.8: doubled or halved until it crosses. */
export function* findStepSize(rest: Rest, rng: Rng, inverseMass: Float64Array, first: number): Program<number> {
  const momentum = drawMomentum(rng, inverseMass);
  const start: Phase = {...rest, momentum};
  const before = logJoint(start, inverseMass);
  let step = first;
  let direction = 0;
  for (let tries = 0; tries < 60; tries++) {
    const gain = logJoint(yield* leapfrog(start, step, inverseMass), inverseMass) - before;
    const wanted = gain > Math.log(0.8) ? 1 : -1;
    if (direction !== 0 && wanted !== direction) return step;
    direction = wanted;
    step *= 2 ** direction;
  }
  return step;
}

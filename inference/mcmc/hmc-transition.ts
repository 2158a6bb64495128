import type {Rng} from '../../src/random/index.ts';
import {drawMomentum, leapfrog, logJoint, type Phase, type Program, type Rest} from './integrator.ts';
import type {Transition} from './nuts-transition.ts';

const MAX_ENERGY_ERROR = 1000;
const MAX_STEPS = 1000;

/**
 * One transition of Hamiltonian Monte Carlo: leapfrog steps over a time drawn uniformly up to twice `time`, so that no
 * trajectory resonates with the target, then a Metropolis test.
 *
 * Source: Neal (2011).
 */
export function* hmcTransition(
  rest: Rest,
  {step, inverseMass, time}: {step: number; inverseMass: Float64Array; time: number},
  rng: Rng,
): Program<Transition> {
  const origin: Phase = {...rest, momentum: drawMomentum(rng, inverseMass)};
  const before = logJoint(origin, inverseMass);
  const [share, test] = rng.uniforms(2) as unknown as [number, number];
  const steps = Math.min(Math.max(Math.ceil((2 * share * time) / step), 1), MAX_STEPS);
  let phase = origin;
  let gain = 0;
  let taken = 0;
  while (taken < steps && gain >= -MAX_ENERGY_ERROR) {
    phase = yield* leapfrog(phase, step, inverseMass);
    gain = logJoint(phase, inverseMass) - before;
    taken++;
  }
  const accepted = Math.log(test) < gain;
  const {position, logDensity, gradient} = phase;
  return {
    rest: accepted ? {position, logDensity, gradient} : rest,
    acceptance: Math.min(1, Math.exp(gain)),
    steps: taken,
    diverged: gain < -MAX_ENERGY_ERROR,
    depth: 0,
  };
}

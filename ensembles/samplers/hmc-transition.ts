import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/noise.ts';
import type {Rng} from '../../src/random/index.ts';
import {disposePoint, totalEnergy, type WeightPoint} from './weight-energy.ts';

/** An energy error above this means that the trajectory left the energy's level set for good. */
const MAX_ENERGY_ERROR = 1000;

/** What the transitions of one chain share. */
export interface HmcDynamics {
  /** Evaluates a position, which it takes over. */
  readonly energy: (position: readonly tf.Tensor[]) => WeightPoint;
  readonly priorPrecision: number;
  /** Mean length of a trajectory in time. */
  readonly time: number;
  /** Most leapfrog steps of one. */
  readonly maxSteps: number;
  readonly rng: Rng;
}

/** What one transition did. */
export interface HmcTransition {
  /** Where the chain is now; the point it came from is disposed unless it is this one. */
  readonly point: WeightPoint;
  /** Probability with which the end of the trajectory was accepted. */
  readonly acceptance: number;
  readonly diverged: boolean;
  readonly steps: number;
}

/**
 * One transition: leapfrog steps over a time drawn uniformly up to twice `time`, so that no trajectory resonates with the
 * posterior, then a Metropolis test in float64.
 */
export async function hmcTransition(from: WeightPoint, step: number, dynamics: HmcDynamics): Promise<HmcTransition> {
  const {time, maxSteps, rng} = dynamics;
  const momentum = drawMomentum(from, rng);
  const [share, test] = rng.uniforms(2) as unknown as [number, number];
  const steps = Math.min(Math.max(Math.ceil((2 * share * time) / step), 1), maxSteps);
  const {point, error} = await trajectory(from, momentum, step, steps, dynamics);
  const acceptance = Math.min(1, Math.exp(-error));
  const accepted = test < acceptance;
  disposePoint(accepted ? from : point);
  return {point: accepted ? point : from, acceptance, diverged: error > MAX_ENERGY_ERROR, steps};
}

/** A step length whose single step is accepted about as often as refused at 0.8: doubled or halved until it crosses. */
export async function findStepSize(from: WeightPoint, first: number, dynamics: HmcDynamics): Promise<number> {
  let step = first;
  let direction = 0;
  for (let tries = 0; tries < 40; tries++) {
    const {point, error} = await trajectory(from, drawMomentum(from, dynamics.rng.fork('step')), step, 1, dynamics);
    disposePoint(point);
    const wanted = -error > Math.log(0.8) ? 1 : -1;
    if (direction !== 0 && wanted !== direction) return step;
    direction = wanted;
    step *= 2 ** direction;
  }
  return step;
}

/** The end of a trajectory and by how much its energy is off, Infinity where it is not a number; disposes the momentum. */
async function trajectory(
  from: WeightPoint,
  start: readonly tf.Tensor[],
  step: number,
  steps: number,
  {energy, priorPrecision}: HmcDynamics,
): Promise<{point: WeightPoint; error: number}> {
  const before = await totalEnergy(from, start, priorPrecision);
  let [point, momentum] = [from, start];
  for (let taken = 0; taken < steps; taken++) {
    const half = moved(momentum, point.gradient, -step / 2);
    const next = energy(moved(point.position, half, step));
    tf.dispose([...momentum]);
    momentum = moved(half, next.gradient, -step / 2);
    tf.dispose(half);
    if (point !== from) disposePoint(point);
    point = next;
  }
  const error = (await totalEnergy(point, momentum, priorPrecision)) - before;
  tf.dispose([...momentum]);
  return {point, error: Number.isNaN(error) ? Infinity : error};
}

function drawMomentum({position}: WeightPoint, rng: Rng): tf.Tensor[] {
  return position.map(({shape}) => tf.keep(normalTensor(rng, shape)));
}

/** a + amount b, kept. */
function moved(a: readonly tf.Tensor[], b: readonly tf.Tensor[], amount: number): tf.Tensor[] {
  return a.map((tensor, i) => tf.keep(tf.tidy(() => tf.add(tensor, tf.mul(b[i] as tf.Tensor, amount)))));
}

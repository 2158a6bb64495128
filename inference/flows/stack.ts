import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import type {Flow, FlowConfig, FlowStep} from './flow.ts';

/** Flows one after another: `forward` goes from the first to the last, `inverse` back. */
export function stack(flows: readonly Flow[], config: FlowConfig): Flow {
  const [first] = flows as readonly [Flow];
  const {dimension} = first;
  const contextDimension = Math.max(...flows.map((flow) => flow.contextDimension));
  const check = (points: tf.Tensor2D, context: tf.Tensor2D | undefined) =>
    checkPoints(config.kind, {dimension, contextDimension}, points, context);
  const invertible = flows.every((flow) => flow.inverse !== undefined);
  return {
    dimension,
    contextDimension,
    variables: flows.flatMap((flow) => [...flow.variables]),
    forward: (noise, context) => {
      check(noise, context);
      return inTurn(noise, flows, (flow, points) => flow.forward(points, context));
    },
    ...(invertible && {
      inverse: (value: tf.Tensor2D, context?: tf.Tensor2D) => {
        check(value, context);
        const back = (flow: Flow, points: tf.Tensor2D) => flow.inverse?.(points, context) as FlowStep;
        return inTurn(value, [...flows].reverse(), back);
      },
    }),
    getConfig: () => config,
    dispose: () => {
      for (const flow of flows) flow.dispose();
    },
  };
}

function inTurn(
  points: tf.Tensor2D,
  flows: readonly Flow[],
  go: (flow: Flow, points: tf.Tensor2D) => FlowStep,
): FlowStep {
  return tf.tidy(() => {
    const determinants: tf.Tensor1D[] = [];
    let value = points;
    for (const flow of flows) {
      const step = go(flow, value);
      value = step.value;
      determinants.push(step.logDeterminant);
    }
    return {value, logDeterminant: tf.addN(determinants) as tf.Tensor1D};
  });
}

/** Throws unless points and context have the columns of the flow, and the context one row or as many as the points. */
function checkPoints(
  caller: string,
  {dimension, contextDimension}: {dimension: number; contextDimension: number},
  points: tf.Tensor2D,
  context: tf.Tensor2D | undefined,
): void {
  if (points.rank !== 2 || points.shape[1] !== dimension) {
    throw new ShapeError(
      `${caller}: expected points of shape [N, ${dimension}], got [${points.shape}]. One row is one point.`,
    );
  }
  const rows = points.shape[0];
  if (contextDimension === 0) return;
  const fits = context?.rank === 2 && context.shape[1] === contextDimension && [1, rows].includes(context.shape[0]);
  if (fits) return;
  throw new ShapeError(
    `${caller}: expected a context of shape [${rows}, ${contextDimension}] or [1, ${contextDimension}], got ` +
      `${context === undefined ? 'none' : `[${context.shape}]`}. Pass one row for each point, or one for all.`,
  );
}

/** Throws unless the counts are whole numbers: dimension and layers from 1 on, the context from 0 on. */
export function checkCounts(caller: string, counts: Readonly<Record<string, readonly [number, number]>>): void {
  for (const [name, [value, least]] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ConfigError(`${caller}: expected ${name} to be a whole number from ${least} on, got ${value}.`);
  }
}

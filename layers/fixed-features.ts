import type * as tfl from '@tensorflow/tfjs-layers';
import {ShapeError} from '../src/errors.ts';

/** The size D of the last axis of a layer's one input [N, ..., D]. Throws `ShapeError` where it is not fixed. */
export function fixedFeatures(inputShape: tfl.Shape | tfl.Shape[], caller: string): number {
  const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
  const features = shape.at(-1);
  if (typeof features === 'number' && shape.length >= 2) return features;
  throw new ShapeError(
    `${caller}: expected inputs of shape [N, ..., D] with a fixed D, got [${shape.join(', ')}]. ` +
      'Flatten what comes before, or give it a fixed size.',
  );
}

/** The shape of a layer's output that has `units` in place of the last axis of its one input. */
export function withUnits(inputShape: tfl.Shape | tfl.Shape[], units: number): tfl.Shape {
  const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
  return [...shape.slice(0, -1), units];
}

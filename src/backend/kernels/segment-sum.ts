import {util} from '@tensorflow/tfjs-core';
import type {Kernel} from './wasm.ts';
import {input} from './wasm.ts';

/** `UnsortedSegmentSum`, the gradient of gather: adds each row of x to the row that its segment id names; others drop out. */
export const unsortedSegmentSum: Kernel = {
  name: 'UnsortedSegmentSum',
  run(backend, inputs, attrs) {
    const x = input(inputs, 'x');
    const segmentIds = input(inputs, 'segmentIds');
    const segments = attrs.numSegments as number;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const size = util.sizeFromShape(rowShape);
    const out = backend.makeOutput([segments, ...rowShape], x.dtype);
    const ids = backend.typedArrayFromHeap(segmentIds);
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(out).fill(0);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row] as number;
      if (id < 0 || id >= segments) continue;
      const target = id * size;
      const source = row * size;
      for (let i = 0; i < size; i++) to[target + i] = (to[target + i] as number) + (from[source + i] as number);
    }
    return out;
  },
};

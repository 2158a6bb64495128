import * as fc from 'fast-check';
import {expectAsOnCpu, withTrainingKernels} from './against-cpu.ts';

const slice = (shape: number[], begin: number[], size: number[], dtype: 'float32' | 'int32' = 'float32') => {
  const values = Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => i - 3);
  return expectAsOnCpu('Slice', {x: {shape, values, dtype}}, {begin, size}, {rtol: 0, atol: 0});
};

describe('Slice on wasm', () => {
  withTrainingKernels();

  it('the whole tensor', () => slice([3, 4], [0, 0], [3, 4]));
  it('rows', () => slice([5, 4], [2, 0], [2, 4]));
  it('columns, short and long', async () => {
    await slice([5, 4], [0, 1], [5, 2]);
    await slice([3, 90], [1, 20], [2, 64]);
  });
  it('a block inside', () => slice([4, 5, 6], [1, 2, 3], [2, 2, 2]));
  it('to the end by -1', () => slice([4, 5], [1, 2], [-1, -1]));
  it('whole numbers', () => slice([4, 5], [1, 2], [2, 3], 'int32'));
  it('a vector, and nothing', async () => {
    await slice([7], [2], [3]);
    await slice([4, 5], [1, 0], [0, 5]);
  });

  it('any window of any shape', async () => {
    const axis = fc.record({
      length: fc.integer({min: 1, max: 5}),
      from: fc.nat({max: 4}),
      size: fc.integer({min: 1, max: 5}),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(axis, {minLength: 1, maxLength: 6}), async (axes) => {
        const begin = axes.map(({length, from}) => Math.min(from, length - 1));
        const size = axes.map(({length, size}, i) => Math.min(size, length - (begin[i] as number)));
        await slice(
          axes.map(({length}) => length),
          begin,
          size,
        );
      }),
      {seed: 5, numRuns: 60},
    );
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import * as fc from 'fast-check';
import {closeTo} from '../../../support/close.ts';
import type {Spec} from './against-cpu.ts';
import {expectAsOnCpu, wild, withTrainingKernels} from './against-cpu.ts';

type Shape3D = [number, number, number];
type Shape5D = [number, number, number, number, number];
type Shape4D = [number, number, number, number];

/** Numbers of few different values, so that windows have ties; with no levels, negative numbers. */
function pixels(shape: number[], levels: number): Float32Array {
  return wild(tf.util.sizeFromShape(shape), 3).map((v) => (levels === 0 ? v - 2 : Math.round(v * levels) / levels));
}

/** Checks the gradient of a max pool whose inputs take few values, so that windows have ties. */
async function checkMaxPool(
  shape: Shape4D,
  filterSize: [number, number],
  strides: [number, number],
  pad: 'same' | 'valid' | number,
  levels = 3,
): Promise<void> {
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
  const values = pixels(shape, levels);
  const output = await tf.maxPool(tf.tensor4d(values, shape), filterSize, strides, pad).data();
  const specs = {dy: {shape: info.outShape}, input: {shape, values}, output: {shape: info.outShape, values: output}};
  await expectAsOnCpu('MaxPoolGrad', specs, {filterSize, strides, pad}, {rtol: 1e-6, atol: 1e-6});
}

describe('other training kernels on wasm', () => {
  withTrainingKernels();

  describe('MaxPoolGrad', () => {
    it('non-overlapping windows', () => checkMaxPool([3, 8, 8, 5], [2, 2], [2, 2], 'valid'));
    it('windows cut off by an odd image', () => checkMaxPool([2, 7, 9, 5], [2, 2], [2, 2], 'same'));
    it('inputs that no window covers', () => checkMaxPool([2, 7, 9, 3], [2, 2], [3, 3], 'valid'));
    it('overlapping windows', () => checkMaxPool([2, 7, 8, 3], [3, 3], [2, 2], 'same'));
    it('windows of one stride', () => checkMaxPool([2, 6, 5, 3], [3, 2], [1, 1], 'same'));
    it('padding as a number', () => checkMaxPool([2, 6, 6, 3], [3, 3], [2, 2], 1));
    it('negative inputs only', () => checkMaxPool([2, 6, 6, 3], [2, 2], [2, 2], 'valid', 0));
    it('all inputs equal', async () => {
      const specs = {
        dy: {shape: [1, 2, 2, 1]},
        input: {shape: [1, 4, 4, 1], values: new Float32Array(16)},
        output: {shape: [1, 2, 2, 1], values: new Float32Array(4)},
      };
      await expectAsOnCpu('MaxPoolGrad', specs, {filterSize: 2, strides: 2, pad: 'valid'}, {rtol: 0, atol: 0});
    });
    it('any shape', async () => {
      const size = fc.integer({min: 1, max: 4});
      const side = fc.integer({min: 4, max: 9});
      const pad = fc.constantFrom<'same' | 'valid'>('same', 'valid');
      await fc.assert(
        fc.asyncProperty(size, side, side, size, size, size, size, size, pad, (n, h, w, c, fh, fw, sh, sw, p) =>
          checkMaxPool([n, h, w, c], [fh, fw], [sh, sw], p),
        ),
        {seed: 11, numRuns: 50},
      );
    });
  });

  describe('MaxPool3D and MaxPool3DGrad', () => {
    for (const [shape, filterSize, strides, pad, levels] of [
      [[2, 4, 6, 4, 3], [2, 2, 2], [2, 2, 2], 'valid', 0],
      [[2, 5, 5, 4, 3], [2, 2, 2], [2, 2, 2], 'same', 3],
      [[1, 5, 6, 5, 2], [2, 3, 3], [1, 2, 2], 'same', 3],
      [[0, 4, 4, 4, 3], [2, 2, 2], [2, 2, 2], 'valid', 3],
    ] as [Shape5D, Shape3D, Shape3D, 'same' | 'valid', number][]) {
      it(`input ${shape}, window ${filterSize}, strides ${strides}, pad ${pad}`, async () => {
        const values = pixels(shape, levels);
        const output = await tf.maxPool3d(tf.tensor5d(values, shape), filterSize, strides, pad).data();
        const out = tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad).outShape;
        const attrs = {filterSize, strides, pad, dataFormat: 'NDHWC'};
        await expectAsOnCpu('MaxPool3D', {x: {shape, values}}, attrs, {rtol: 0, atol: 0});
        const specs = {dy: {shape: out}, input: {shape, values}, output: {shape: out, values: output}};
        await expectAsOnCpu('MaxPool3DGrad', specs, attrs, {rtol: 1e-6, atol: 1e-6});
      });
    }
  });

  describe('Einsum', () => {
    const run = (equation: string, ...shapes: number[][]): Promise<void> =>
      expectAsOnCpu(
        'Einsum',
        shapes.map((shape) => ({shape})),
        {equation},
        {rtol: 1e-5, atol: 1e-5},
      );
    it('matrix product', () => run('ij,jk->ik', [3, 4], [4, 5]));
    it('both sides transposed, result transposed', () => run('ji,kj->ki', [4, 3], [5, 4]));
    it('inner product', () => run('i,i->', [7], [7]));
    it('batch of inner products', () => run('bi,bi->b', [3, 7], [3, 7]));
    it('outer product', () => run('i,j->ij', [3], [4]));
    it('elementwise product, transposed', () => run('ij,ji->ij', [3, 4], [4, 3]));
    it('transpose', () => run('bij->bji', [2, 3, 4]));
    it('sum', () => run('ij->j', [3, 4]));
    it('sum of everything', () => run('ij->', [3, 4]));
    it('identity', () => run('ij->ij', [3, 4]));
    it('attention', () => run('bqhd,bkhd->bhqk', [2, 5, 3, 4], [2, 6, 3, 4]));
    it('several inner dimensions', () => run('abcd,cde->abe', [2, 3, 4, 5], [4, 5, 6]));
    // The cpu kernel gives this the wrong shape.
    it('dimensions summed in one tensor alone', async () => {
      const result = tf.tidy(() => tf.einsum('ijk,kl->i', tf.ones([2, 3, 4]), tf.tensor2d(wild(20), [4, 5])));
      expect(result.shape).to.deep.equal([2]);
      const total = 3 * wild(20).reduce((sum, value) => sum + value, 0);
      closeTo(await result.data(), [total, total], {rtol: 1e-5});
      result.dispose();
    });
    it('an empty batch', () => run('bi,ij->bj', [0, 3], [3, 2]));
    it('integers', () => {
      const values = [1, 2, 3, 4, 5, 6];
      const specs: Spec[] = [
        {shape: [2, 3], values, dtype: 'int32'},
        {shape: [3, 2], values, dtype: 'int32'},
      ];
      return expectAsOnCpu('Einsum', specs, {equation: 'ij,jk->ik'});
    });
  });

  describe('UnsortedSegmentSum', () => {
    const ids = (shape: number[], values: number[]): Spec => ({shape, values, dtype: 'int32'});
    it('rows', () =>
      expectAsOnCpu(
        'UnsortedSegmentSum',
        {x: {shape: [5, 3]}, segmentIds: ids([5], [2, 0, 2, 3, 0])},
        {numSegments: 4},
      ));
    it('numbers', () =>
      expectAsOnCpu('UnsortedSegmentSum', {x: {shape: [4]}, segmentIds: ids([4], [1, 1, 0, 1])}, {numSegments: 2}));
    it('ids out of range drop out', () =>
      expectAsOnCpu('UnsortedSegmentSum', {x: {shape: [4, 2]}, segmentIds: ids([4], [-1, 1, 7, 1])}, {numSegments: 2}));
    // The cpu kernel turns integers into floats.
    it('integers', async () => {
      const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2], 'int32');
      const result = tf.tidy(() => tf.unsortedSegmentSum(x, tf.tensor1d([1, 1, 0], 'int32'), 2));
      expect(result.dtype).to.equal('int32');
      expect(Array.from(await result.data())).to.deep.equal([5, 6, 4, 6]);
      tf.dispose([x, result]);
    });
    it('no rows', () =>
      expectAsOnCpu('UnsortedSegmentSum', {x: {shape: [0, 3]}, segmentIds: ids([0], [])}, {numSegments: 2}));
  });

  describe('Sum', () => {
    const run = (
      shape: number[],
      axis: number[],
      keepDims: boolean,
      dtype: 'float32' | 'int32' = 'float32',
    ): Promise<void> => expectAsOnCpu('Sum', {x: {shape, dtype}}, {axis, keepDims}, {rtol: 1e-5, atol: 1e-4});
    it('leading axes of a large tensor', () => run([7, 13, 11, 16], [0, 1, 2], false));
    it('leading axes, kept', () => run([7, 13, 11, 16], [0, 1], true));
    it('rows of an odd number', () => run([1023, 37], [0], false));
    it('a single row', () => run([1, 9000], [0], false));
    it('trailing axes', () => run([50, 60], [1], false));
    it('all axes', () => run([50, 60], [0, 1], false));
    it('an empty batch', () => run([0, 5], [0], false));
    it('integers', () => run([90, 60], [0], false, 'int32'));
  });

  describe('Identity and Cast', () => {
    it('share their data and outlive their source', async () => {
      const x = tf.tensor1d([1, 2, 3]);
      const buffers = tf.memory().numDataBuffers;
      const copies = [tf.clone(x), tf.cast(x, 'float32')];
      expect(tf.memory().numDataBuffers).to.equal(buffers);
      x.dispose();
      for (const copy of copies) expect(Array.from(await copy.data())).to.deep.equal([1, 2, 3]);
      tf.dispose(copies);
      expect(tf.memory().numDataBuffers).to.equal(buffers - 1);
    });
    for (const dtype of ['int32', 'bool']) {
      it(`convert to ${dtype} as on cpu`, () =>
        expectAsOnCpu('Cast', {x: {shape: [5], values: [-1.5, 0, 0.5, 2.9, 256]}}, {dtype}));
    }
  });
});

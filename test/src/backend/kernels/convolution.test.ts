import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import * as fc from 'fast-check';
import {closeTo} from '../../../support/close.ts';
import {expectAsOnCpu, wild, withTrainingKernels} from './against-cpu.ts';

type Shape5D = [number, number, number, number, number];
type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];

interface Case {
  readonly input: [number, number, number, number];
  readonly filter: [number, number];
  readonly strides: [number, number];
  readonly pad: Pad;
  readonly filters: number;
  readonly dilations?: [number, number];
}

const CASES: readonly Case[] = [
  {input: [2, 5, 6, 3], filter: [3, 3], strides: [1, 1], pad: 'same', filters: 4},
  {input: [2, 5, 6, 3], filter: [3, 3], strides: [1, 1], pad: 'valid', filters: 4},
  {input: [3, 7, 5, 1], filter: [3, 2], strides: [1, 1], pad: 'same', filters: 5},
  {input: [2, 9, 8, 5], filter: [3, 3], strides: [2, 2], pad: 'same', filters: 2},
  {input: [2, 9, 8, 5], filter: [3, 3], strides: [2, 2], pad: 'valid', filters: 2},
  {input: [2, 8, 7, 4], filter: [5, 4], strides: [2, 3], pad: 'same', filters: 3},
  {input: [1, 11, 7, 6], filter: [2, 2], strides: [3, 3], pad: 'valid', filters: 3},
  {input: [1, 10, 10, 2], filter: [1, 1], strides: [1, 1], pad: 'valid', filters: 7},
  {input: [1, 10, 9, 4], filter: [1, 1], strides: [2, 2], pad: 'same', filters: 7},
  {input: [2, 6, 6, 4], filter: [3, 3], strides: [1, 1], pad: 2, filters: 3},
  {
    input: [2, 6, 7, 4],
    filter: [3, 3],
    strides: [2, 2],
    pad: [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ],
    filters: 3,
  },
  {
    input: [2, 6, 7, 4],
    filter: [2, 2],
    strides: [1, 1],
    pad: [
      [0, 0],
      [3, 4],
      [2, 2],
      [0, 0],
    ],
    filters: 3,
  },
  {input: [2, 4, 4, 8], filter: [4, 4], strides: [4, 4], pad: 'valid', filters: 8},
  {input: [2, 1, 30, 8], filter: [1, 5], strides: [1, 2], pad: 'same', filters: 3},
  {input: [0, 5, 5, 3], filter: [3, 3], strides: [1, 1], pad: 'same', filters: 4},
];

const title = (c: Case): string =>
  `input ${c.input}, filter ${c.filter}, strides ${c.strides}, pad ${JSON.stringify(c.pad)}, dilations ${c.dilations ?? 1}`;

function conv(c: Case): {x: {shape: number[]}; dy: {shape: number[]}; filterShape: number[]} {
  const filterShape: [number, number, number, number] = [...c.filter, c.input[3], c.filters];
  const info = tf.backend_util.computeConv2DInfo(c.input, filterShape, c.strides, 1, c.pad);
  return {x: {shape: c.input}, dy: {shape: info.outShape}, filterShape};
}

function depthwise(c: Case): {x: {shape: number[]}; dy: {shape: number[]}; filterShape: number[]} {
  const filterShape: [number, number, number, number] = [...c.filter, c.input[3], c.filters];
  const info = tf.backend_util.computeConv2DInfo(
    c.input,
    filterShape,
    c.strides,
    c.dilations ?? 1,
    c.pad,
    undefined,
    true,
  );
  return {x: {shape: c.input}, dy: {shape: info.outShape}, filterShape};
}

async function checkConv(c: Case): Promise<void> {
  const {x, dy, filterShape} = conv(c);
  const attrs = {strides: c.strides, pad: c.pad, dataFormat: 'NHWC'};
  await expectAsOnCpu('Conv2DBackpropFilter', {x, dy}, {...attrs, filterShape});
  await expectAsOnCpu('Conv2DBackpropInput', {dy, filter: {shape: filterShape}}, {...attrs, inputShape: c.input});
}

async function checkDepthwise(c: Case): Promise<void> {
  const {x, dy, filterShape} = depthwise(c);
  const attrs = {strides: c.strides, pad: c.pad, dilations: c.dilations ?? [1, 1]};
  await expectAsOnCpu('DepthwiseConv2dNativeBackpropFilter', {x, dy}, {...attrs, filterShape});
  const back = {dy, filter: {shape: filterShape}};
  await expectAsOnCpu('DepthwiseConv2dNativeBackpropInput', back, {...attrs, inputShape: c.input});
}

async function checkAdjoint(c: Case): Promise<void> {
  const {
    x: {shape},
    dy: {shape: outShape},
    filterShape,
  } = depthwise(c);
  const attrs = {strides: c.strides, pad: c.pad, dilations: c.dilations ?? [1, 1]};
  const make = (dims: number[], seed: number): tf.Tensor => tf.tensor(wild(tf.util.sizeFromShape(dims), seed), dims);
  for (let seed = 1; seed <= 5; seed++) {
    const sums = tf.tidy(() => {
      const [x, filter, dy] = [make(shape, seed), make(filterShape, seed + 10), make(outShape, seed + 20)];
      const run = (name: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
        tf.engine().runKernel(name, inputs, {...attrs, ...more}) as tf.Tensor;
      const y = run('DepthwiseConv2dNative', {x, filter}, {});
      const dFilter = run('DepthwiseConv2dNativeBackpropFilter', {x, dy}, {filterShape});
      const dx = run('DepthwiseConv2dNativeBackpropInput', {dy, filter}, {inputShape: shape});
      const inner = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b));
      return tf.stack([inner(dy, y), inner(dFilter, filter), inner(dx, x)]);
    });
    const [forward, byFilter, byInput] = Array.from(await sums.data()) as [number, number, number];
    sums.dispose();
    closeTo([byFilter, byInput], [forward, forward], {rtol: 1e-4, atol: 1e-4});
  }
}

describe('convolution gradients on wasm', () => {
  withTrainingKernels();

  for (const c of CASES) it(`Conv2D: ${title(c)}`, () => checkConv(c));

  for (const c of CASES.map((c) => ({...c, filters: c.filters % 3 === 0 ? 1 : 2}))) {
    it(`DepthwiseConv2dNative: ${title(c)}, multiplier ${c.filters}`, () => checkDepthwise(c));
  }

  // The cpu kernels leave dilations out, so these are held against what a gradient is: <dy, conv(x, w)> is bilinear.
  for (const c of [
    {input: [2, 9, 8, 3], filter: [3, 3], strides: [1, 1], pad: 'same', filters: 1, dilations: [2, 2]},
    {input: [2, 9, 8, 3], filter: [3, 2], strides: [1, 1], pad: 'valid', filters: 2, dilations: [2, 3]},
  ] satisfies Case[]) {
    it(`DepthwiseConv2dNative: ${title(c)}`, () => checkAdjoint(c));
  }

  for (const pad of ['same', 'valid']) {
    for (const strides of [
      [1, 1, 1],
      [2, 2, 2],
      [1, 2, 3],
    ]) {
      it(`Conv3D: strides ${strides}, pad ${pad}`, async () => {
        const inputShape: Shape5D = [2, 5, 7, 6, 3];
        const filterShape: Shape5D = [3, 2, 3, 3, 4];
        const info = tf.backend_util.computeConv3DInfo(inputShape, filterShape, strides as never, 1, pad as 'same');
        const [x, dy, filter] = [{shape: inputShape}, {shape: info.outShape}, {shape: filterShape}];
        await expectAsOnCpu('Conv3DBackpropFilterV2', {x, dy}, {strides, pad, filterShape});
        await expectAsOnCpu('Conv3DBackpropInputV2', {dy, filter}, {strides, pad, inputShape});
      });
    }
  }

  it('agrees with cpu for any shape', async () => {
    const small = (max: number): fc.Arbitrary<number> => fc.integer({min: 1, max});
    const cases = fc.record({
      input: fc.tuple(small(2), fc.integer({min: 4, max: 9}), fc.integer({min: 4, max: 9}), small(5)),
      filter: fc.tuple(small(4), small(4)),
      strides: fc.tuple(small(3), small(3)),
      pad: fc.oneof(fc.constantFrom<Pad>('same', 'valid'), small(2)),
      filters: small(3),
    });
    const check = async (c: Case): Promise<void> => {
      await checkConv(c);
      await checkDepthwise(c);
    };
    await fc.assert(fc.asyncProperty(cases, check), {seed: 7, numRuns: 60});
  });

  it('sums a large batch, chunk by chunk, accurately', async () => {
    const c: Case = {input: [40, 28, 28, 1], filter: [3, 3], strides: [1, 1], pad: 'same', filters: 8};
    const {x, dy, filterShape} = conv(c);
    const attrs = {strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape};
    await expectAsOnCpu('Conv2DBackpropFilter', {x, dy}, attrs, {rtol: 1e-5, atol: 5e-4});
  });

  it('refuses channels first by name', () => {
    const x = tf.tensor4d(wild(2 * 3 * 5 * 5), [2, 3, 5, 5]);
    const filter = tf.tensor4d(wild(3 * 3 * 3 * 4), [3, 3, 3, 4]);
    const dy = tf.tensor4d(wild(2 * 4 * 5 * 5), [2, 4, 5, 5]);
    const attrs = {strides: 1, pad: 'same', dataFormat: 'NCHW', filterShape: filter.shape};
    const run = (): unknown => tf.engine().runKernel('Conv2DBackpropFilter', {x, dy}, attrs);
    expect(run).to.throw('expected dataFormat NHWC on the wasm backend, got NCHW');
    tf.dispose([x, filter, dy]);
  });
});

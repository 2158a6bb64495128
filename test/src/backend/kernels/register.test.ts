import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {registerTrainingKernels, unregisterTrainingKernels} from '../../../../src/backend/kernels/index.ts';

describe('training kernels', () => {
  after(registerTrainingKernels);

  it('replace those of tfjs once, keep their setup, and go again', () => {
    unregisterTrainingKernels();
    const stock = tf.getKernel('BatchMatMul', 'wasm');
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).to.equal(undefined);
    registerTrainingKernels();
    const ours = tf.getKernel('BatchMatMul', 'wasm');
    expect(ours.kernelFunc).not.to.equal(stock.kernelFunc);
    expect(ours.setupFunc).to.equal(stock.setupFunc);
    registerTrainingKernels();
    expect(tf.getKernel('BatchMatMul', 'wasm')).to.equal(ours);
    unregisterTrainingKernels();
    expect(tf.getKernel('BatchMatMul', 'wasm')).to.equal(stock);
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).to.equal(undefined);
  });

  it('outlive a change of backend and take tensors of another one', async () => {
    registerTrainingKernels();
    await tf.setBackend('cpu');
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    await tf.setBackend('wasm');
    const product = tf.matMul(a, a, true, false);
    expect(Array.from(await product.data())).to.deep.equal([35, 44, 44, 56]);
    tf.dispose([a, product]);
  });
});

import type {KernelConfig, KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {sharedMap} from './shared-map.ts';

/** Terms added at once; with its output a shader has no more than eight buffers everywhere. */
const AT_ONCE = 4;

const registered = sharedMap<KernelConfig>('webgpu kernels');

/**
 * Lets `tf.addN` add any number of tensors on WebGPU: tfjs-backend-webgpu binds a buffer for each, and with more than seven its
 * shader is invalid and the result is whatever was in memory. `initBackend` calls it; calling it again changes nothing.
 */
export function registerWebgpuAddN(): void {
  const stock = tf.getKernel('AddN', 'webgpu') as KernelConfig | undefined;
  if (stock === undefined || stock === registered.get('AddN')) return;
  const kernelFunc: KernelFunc = ({inputs, backend, attrs}) => {
    const add = (terms: readonly TensorInfo[]): TensorInfo =>
      stock.kernelFunc({inputs: terms as never, backend, ...(attrs && {attrs})}) as TensorInfo;
    const [first, ...others] = Object.values(inputs) as TensorInfo[];
    let sum = add([first as TensorInfo, ...others.splice(0, AT_ONCE - 1)]);
    while (others.length > 0) {
      const before = sum;
      sum = add([before, ...others.splice(0, AT_ONCE - 1)]);
      (backend as tf.KernelBackend).disposeData(before.dataId);
    }
    return sum;
  };
  const ours: KernelConfig = {...stock, kernelFunc};
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel(ours);
  registered.set('AddN', ours);
}

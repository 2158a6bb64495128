import type {KernelConfig} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../errors.ts';
import {sum} from './column-sum.ts';
import {conv2DBackpropFilter} from './conv2d-backprop-filter.ts';
import {conv2DBackpropInput} from './conv2d-backprop-input.ts';
import {conv3DBackpropFilter, conv3DBackpropInput} from './conv3d-gradients.ts';
import {depthwiseBackpropFilter, depthwiseBackpropInput} from './depthwise.ts';
import {einsum} from './einsum.ts';
import {batchMatMul, fusedMatMul} from './matmul.ts';
import {maxPool3D, maxPool3DGrad} from './max-pool-3d.ts';
import {maxPoolGrad} from './max-pool-grad.ts';
import {unsortedSegmentSum} from './segment-sum.ts';
import {cast, identity} from './share-data.ts';
import {sharedMap} from './shared-map.ts';
import {slice} from './slice.ts';
import {softplus} from './softplus.ts';
import type {Kernel, WasmBackend} from './wasm.ts';
import {keepStock, releaseStock} from './wasm.ts';

const KERNELS: readonly Kernel[] = [
  identity,
  cast,
  slice,
  sum,
  softplus,
  batchMatMul,
  fusedMatMul,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  conv3DBackpropFilter,
  conv3DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  maxPoolGrad,
  maxPool3D,
  maxPool3DGrad,
  unsortedSegmentSum,
  einsum,
];

const registered = sharedMap<KernelConfig>('training kernels');

/**
 * Registers the training kernels that tfjs-backend-wasm lacks, and faster ones for those that slow training down.
 *
 * `initBackend` calls it. Gradients stay those of tfjs; calling it again changes nothing.
 *
 * @throws ConfigError if `@tensorflow/tfjs-backend-wasm` has not been imported.
 */
export function registerTrainingKernels(): void {
  if (!tf.getKernel('BatchMatMul', 'wasm')) {
    throw new ConfigError(
      'registerTrainingKernels: expected the wasm backend, got none. Import @tensorflow/tfjs-backend-wasm first.',
    );
  }
  for (const kernel of KERNELS) {
    const current = tf.getKernel(kernel.name, 'wasm') as KernelConfig | undefined;
    if (current && current === registered.get(kernel.name)) continue;
    if (current) {
      keepStock(current);
      tf.unregisterKernel(kernel.name, 'wasm');
    }
    const config: KernelConfig = {
      ...current,
      kernelName: kernel.name,
      backendName: 'wasm',
      kernelFunc: ({inputs, backend, attrs}) => {
        const wasm = backend as WasmBackend;
        // Brings tensors of another backend over now: later that could move the heap under a view.
        for (const info of Object.values(inputs)) if (info) wasm.dataIdMap.get(info.dataId);
        return kernel.run(wasm, inputs, attrs ?? {});
      },
    };
    tf.registerKernel(config);
    registered.set(kernel.name, config);
  }
}

/** Puts tfjs-backend-wasm's own kernels back, so that they can be compared with ours. */
export function unregisterTrainingKernels(): void {
  for (const [name, config] of registered) {
    if (tf.getKernel(name, 'wasm') === config) {
      const stock = releaseStock(name);
      tf.unregisterKernel(name, 'wasm');
      if (stock) tf.registerKernel(stock);
    }
  }
  registered.clear();
}

import type {DataStorage, DataType, KernelBackend, KernelConfig, NamedAttrMap, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {sharedMap} from './shared-map.ts';

/** What tfjs-backend-wasm keeps about one tensor. */
interface WasmData {
  readonly id: number;
  memoryOffset: number;
}

/** The part of tfjs-backend-wasm that the kernels here stand on. */
export interface WasmBackend extends KernelBackend {
  /** What the backend keeps about each tensor; looking one up brings it over from another backend. */
  readonly dataIdMap: DataStorage<WasmData>;
  /** A new tensor with unset contents, or one over memory that is there already. */
  makeOutput(shape: readonly number[], dtype: DataType, memoryOffset?: number): TensorInfo;
  /** The contents in place on the heap. */
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** Counts one more owner of the data. */
  incRef(dataId: object): void;
}

/** The tensors that a kernel takes, by name or, for kernels that take a list, by position. */
export type Inputs = Readonly<Record<string, TensorInfo | null | undefined>>;

/** One kernel for the wasm backend; `run` returns a tensor that it made or whose data it counted up. */
export interface Kernel {
  /** Its name in tfjs. */
  readonly name: string;
  /** Computes the output. */
  run(backend: WasmBackend, inputs: Inputs, attrs: NamedAttrMap): TensorInfo;
}

const stockKernels = sharedMap<KernelConfig>('stock kernels');

/** Remembers tfjs's own kernel before ours takes its place. */
export function keepStock(config: KernelConfig): void {
  stockKernels.set(config.kernelName, config);
}

/** Gives back tfjs's own kernel, if ours took its place, and forgets it. */
export function releaseStock(name: string): KernelConfig | undefined {
  const config = stockKernels.get(name);
  stockKernels.delete(name);
  return config;
}

/** Runs tfjs's own kernel of that name, also where ours has taken its place. */
export function runStock(backend: WasmBackend, name: string, inputs: Inputs, attrs: object = {}): TensorInfo {
  const kernel = stockKernels.get(name) ?? tf.getKernel(name, 'wasm');
  const output = kernel.kernelFunc({
    inputs: inputs as Record<string, TensorInfo>,
    backend,
    attrs: attrs as NamedAttrMap,
  });
  return output as TensorInfo;
}

/** The input of that name, which the tfjs op has already checked to be there. */
export function input(inputs: Inputs, name: string): TensorInfo {
  return inputs[name] as TensorInfo;
}

/** The floats of a tensor in place on the wasm heap; any later allocation may move the heap and make them stale. */
export function floats(backend: WasmBackend, info: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(info) as Float32Array;
}

/** A new float32 tensor with zeros. */
export function zeros(backend: WasmBackend, shape: readonly number[]): TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  floats(backend, out).fill(0);
  return out;
}

/** A new float32 tensor with unset contents, in the care of tfjs. */
export function unsetTensor(backend: WasmBackend, shape: readonly number[]): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32'), backend);
}

/** The same data under another shape; the data gain an owner. */
export function share(backend: WasmBackend, info: TensorInfo, shape: readonly number[]): TensorInfo {
  backend.incRef(info.dataId);
  return {dataId: info.dataId, shape: [...shape], dtype: info.dtype};
}

/** Gives up intermediate tensors. */
export function release(backend: WasmBackend, ...infos: readonly TensorInfo[]): void {
  for (const info of infos) backend.disposeData(info.dataId);
}

/**
 * Runs `work` with windows into tensors, without copying: each window starts `offset` float32 elements into its tensor.
 * The windows live as long as `work`.
 */
export function withWindows<T>(
  backend: WasmBackend,
  windows: readonly (readonly [of: TensorInfo, offset: number, shape: readonly number[]])[],
  work: (...infos: TensorInfo[]) => T,
): T {
  const infos = windows.map(([of, offset, shape]) =>
    backend.makeOutput(shape, of.dtype, backend.dataIdMap.get(of.dataId).memoryOffset + 4 * offset),
  );
  try {
    return work(...infos);
  } finally {
    for (const info of infos) {
      // The memory belongs to the whole tensor: a null pointer is what free() ignores.
      backend.dataIdMap.get(info.dataId).memoryOffset = 0;
      backend.disposeData(info.dataId);
    }
  }
}

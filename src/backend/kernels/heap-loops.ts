import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import type {WasmBackend} from './wasm.ts';
import {type LoopSpec, wasmLoops} from './wasm-loop.ts';

/** The part of the backend's module that its type does not show. */
interface BackendWithModule extends WasmBackend {
  readonly wasm?: {readonly asm?: {readonly memory?: unknown}};
}

/** Runs a loop over float32 tensors of one size, in place on the wasm heap. */
export type HeapLoop = (tensors: readonly TensorInfo[], ...constants: number[]) => void;

/** Loops by name, ready to run. */
export type HeapLoops<Name extends string> = Readonly<Record<Name, HeapLoop>>;

/**
 * The loops in the memory of tfjs-backend-wasm, assembled once for each backend that they are asked for; undefined where its
 * memory is out of reach: without SIMD, or shared between threads.
 */
export function heapLoops<Name extends string>(
  specs: readonly LoopSpec<Name>[],
): (backend: WasmBackend) => HeapLoops<Name> | undefined {
  const loaded = new WeakMap<WasmBackend, HeapLoops<Name> | null>();
  return (backend) => {
    let loops = loaded.get(backend);
    if (loops === undefined) {
      loops = load(backend, specs);
      loaded.set(backend, loops);
    }
    return loops ?? undefined;
  };
}

function load<Name extends string>(
  backend: BackendWithModule,
  specs: readonly LoopSpec<Name>[],
): HeapLoops<Name> | null {
  const memory = backend.wasm?.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) return null;
  const bytes = wasmLoops(specs);
  if (!WebAssembly.validate(bytes)) return null; // no SIMD
  let exports: WebAssembly.Exports;
  try {
    exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {env: {memory}}).exports;
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return null; // memory shared between threads
    throw error;
  }
  const entries = specs.map(({name}): [Name, HeapLoop] => {
    const loop = exports[name] as (...args: number[]) => void;
    return [
      name,
      (tensors, ...constants) => {
        const offsets = tensors.map(({dataId}) => backend.dataIdMap.get(dataId).memoryOffset);
        loop(util.sizeFromShape((tensors[0] as TensorInfo).shape), ...offsets, ...constants);
      },
    ];
  });
  return Object.fromEntries(entries) as Record<Name, HeapLoop>;
}

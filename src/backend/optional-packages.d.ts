declare module '@tensorflow/tfjs-node-gpu' {}
declare module '@tensorflow/tfjs-node' {}
declare module '@tensorflow/tfjs-backend-webgpu' {}
declare module 'webgpu' {
  /** Makes the GPU object that browsers have at `navigator.gpu`. */
  export function create(options: string[]): import('./gpu-adapter.ts').Gpu;
  /** The WebGPU classes that browsers have among their globals. */
  export const globals: Record<string, unknown>;
}

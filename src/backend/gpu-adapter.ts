/** What WebGPU says about an adapter; every field may be missing. */
export interface AdapterInfo {
  /** Who made it. */
  readonly vendor?: string;
  /** Its family. */
  readonly architecture?: string;
  /** Its model. */
  readonly device?: string;
  /** Its driver's words. */
  readonly description?: string;
  /** Whether it is there for want of a better one. */
  readonly isFallbackAdapter?: boolean;
}

/** The part of a WebGPU adapter that is looked at here; older browsers know it is a fallback but give no `info`. */
export interface Adapter {
  /** Who it is. */
  readonly info?: AdapterInfo;
  /** Whether it is there for want of a better one, in older browsers. */
  readonly isFallbackAdapter?: boolean;
}

/** The object at `navigator.gpu`. */
export interface Gpu {
  /** The adapter to compute on, if there is one. */
  requestAdapter(options?: {powerPreference?: 'high-performance' | 'low-power'}): Promise<Adapter | null>;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;

/** Whether a graphics driver of that name computes on the processor. */
export function isSoftwareRenderer(name: string): boolean {
  return SOFTWARE.test(name);
}

/** Whether a WebGPU adapter computes on the processor. */
export function isSoftwareAdapter({info = {}, isFallbackAdapter}: Adapter): boolean {
  if (isFallbackAdapter === true || info.isFallbackAdapter === true) return true;
  return [info.vendor, info.architecture, info.device, info.description].some((part) => isSoftwareRenderer(part ?? ''));
}

/** The GPU that the browser, or whoever set `navigator.gpu` up, offers. */
export function navigatorGpu(): Gpu | undefined {
  return (globalThis.navigator as {gpu?: Gpu} | undefined)?.gpu;
}

/** Puts Dawn where browsers have WebGPU, which is where tfjs looks for it. */
export function installGpu(gpu: Gpu, globals: Record<string, unknown>): void {
  Object.assign(globalThis, globals);
  const value = {value: gpu, configurable: true, writable: true};
  if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', value);
  else Object.defineProperty(globalThis, 'navigator', {value: {gpu}, configurable: true, writable: true});
}

/** The name of the driver behind WebGL, or an empty text where the browser keeps it to itself. */
export function webglRenderer(): string {
  const canvas =
    typeof OffscreenCanvas === 'undefined' ? globalThis.document?.createElement('canvas') : new OffscreenCanvas(1, 1);
  const gl = (canvas?.getContext('webgl2') ?? canvas?.getContext('webgl')) as WebGLRenderingContext | null | undefined;
  if (!gl) return '';
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return renderer;
}

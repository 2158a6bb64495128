/// <reference types="vite/client" />

/** Whether the WebGPU backend was installed when the page was built. */
declare const HAS_WEBGPU: boolean;

export type {BackendName} from './candidates.ts';
export type {BackendInfo, InitBackendOptions} from './init-backend.ts';
export {initBackend} from './init-backend.ts';
export {normalTensor, uniformTensor} from './noise.ts';

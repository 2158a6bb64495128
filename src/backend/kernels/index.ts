export {registerTrainingKernels, unregisterTrainingKernels} from './register.ts';
export {registerWebgpuAddN} from './webgpu-add-n.ts';

export {
  type DiffusionFamily,
  type DiffusionFamilyOptions,
  diffusionFamily,
  type SolveOptions,
} from './diffusion-family.ts';
export {type DpmSolverOptions, dpmSolver, type NoisePrediction} from './dpm-solver.ts';

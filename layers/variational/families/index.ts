export {
  createFamily,
  type FamilyBuilder,
  type FamilyChoice,
  type FamilyConfig,
  type FamilyName,
  registerFamily,
  resolveFamily,
} from './create-family.ts';
export type {AddVariable, FamilyStart, WeightFamily} from './family.ts';
export {type MopedOptions, mopedScale, signalToNoise} from './start-scale.ts';

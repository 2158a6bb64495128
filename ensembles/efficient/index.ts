export {type BatchEnsembleOptions, batchEnsemble, type RankOneOptions, rankOneEnsemble} from './batch-ensemble.ts';
export {type MemberPosteriorOptions, memberPosterior} from './create-member-posterior.ts';
export {type LastLayerEnsembleOptions, lastLayerEnsemble} from './last-layer-ensemble.ts';
export {type MasksemblesOptions, masksembles} from './masksembles.ts';
export {MeanOfMembers, type MeanOfMembersOptions, meanOfMembers} from './mean-of-members.ts';
export {MemberHeads, type MemberHeadsOptions, memberHeads} from './member-heads.ts';
export {type CallInputs, MemberLayer, type MemberLayerOptions} from './member-layer.ts';
export {MemberMask, type MemberMaskOptions, memberMask} from './member-mask.ts';
export {MemberPosterior} from './member-posterior.ts';
export {
  type FactorSpread,
  type FactorStart,
  MemberScale,
  type MemberScaleOptions,
  memberScale,
} from './member-scale.ts';
export {type MimoOptions, mimo} from './mimo.ts';
export {PackMembers, packMembers, UnpackMembers, unpackMembers} from './pack-members.ts';
export {type PackedEnsembleOptions, packedEnsemble} from './packed-ensemble.ts';
export {
  PackedConv,
  type PackedConvOptions,
  PackedDense,
  type PackedDenseOptions,
  PackedLayer,
  type PackedLayerOptions,
  packedConv,
  packedDense,
} from './packed-layers.ts';
export {RepeatMembers, repeatMembers} from './repeat-members.ts';

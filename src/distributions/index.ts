export {type TruncatedNormalOptions, truncatedNormal, uniform} from './bounded.ts';
export {choleskyTensor} from './cholesky-tensor.ts';
export {
  bernoulliDistribution,
  binomial,
  categoricalDistribution,
  negativeBinomial,
  poissonDistribution,
} from './discrete.ts';
export type {Distribution, Parameter} from './distribution.ts';
export {generalizedExtremeValue} from './extreme-value.ts';
export {beta, dirichlet, exponential, gamma, inverseGamma} from './gamma-family.ts';
export {klDivergence} from './kl-divergence.ts';
export {
  cauchy,
  halfCauchy,
  halfNormal,
  laplaceDistribution,
  logNormal,
  normal,
  studentTDistribution,
} from './location-scale.ts';
export {multivariateNormal} from './multivariate-normal.ts';
export {
  type BoundedSupport,
  correlationCholeskySupport,
  type FreeSupport,
  intervalSupport,
  orderedSupport,
  positiveSupport,
  realSupport,
  type Support,
  simplexSupport,
} from './support.ts';

export type {Belief, Moments, Nodes} from './belief.ts';
export {beliefDivergence} from './belief-divergence.ts';
export type {Bound} from './bound.ts';
export {categoricalBelief, categoricalInversion} from './categorical-belief.ts';
export {parallel, sequence} from './compose.ts';
export {distributionBelief} from './distribution-belief.ts';
export {type FitGameOptions, fitGame, type GameFit, type GameProgress} from './fit-game.ts';
export {type FreeEnergy, type FreeEnergyOptions, freeEnergy} from './free-energy.ts';
export type {Coupling, Game, GameGradient, GameTerm, Inferred, Problem, Sweep} from './game.ts';
export {gapReport} from './gap-report.ts';
export {diagonalGaussian, fullGaussian} from './gaussian-belief.ts';
export {type Parts, productBelief, splitGaussian} from './joint-belief.ts';
export {type LinearGaussianOptions, linearGaussian} from './linear-gaussian.ts';
export {
  type ConditionalOptions,
  conditional,
  type GameOptions,
  game,
  type Inversion,
  type LinkOptions,
  type Regularizer,
} from './link.ts';
export {plate} from './plate.ts';
export {identityGame, type PriorOptions, prior} from './prior.ts';
export {carry, clamp, reveal} from './rewire.ts';
export {particleBelief, pointBelief} from './simple-beliefs.ts';
export type {Wire} from './wire.ts';

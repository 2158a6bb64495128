import type {Posterior} from 'tfjs-bayes';

/** A training that can be watched. */
export interface Training {
  /** How many steps there are, where not as many as the settings say. */
  readonly steps?: number;
  /** One step of the optimizer. */
  step(): Promise<void>;
  /** The posterior of what is trained so far; the caller disposes it before the next step. */
  posterior(): Posterior | Promise<Posterior>;
  dispose(): void;
}

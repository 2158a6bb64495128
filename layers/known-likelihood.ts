import {ConfigError} from '../src/errors.ts';
import {type Likelihood, type LikelihoodChoice, resolveLikelihood} from '../src/likelihoods/index.ts';
import type {HeadKind} from '../src/models/index.ts';

/**
 * The likelihood that the options ask for, its noise in place, for methods that see no data and so cannot estimate it.
 *
 * @throws ConfigError if the noise is left open, or given to a likelihood that has none.
 */
export function knownLikelihood(
  {likelihood, noiseScale}: {readonly likelihood?: LikelihoodChoice; readonly noiseScale?: number},
  head: HeadKind,
  caller: string,
): Likelihood {
  const resolved = resolveLikelihood(likelihood, head, caller);
  if (noiseScale !== undefined) {
    if (resolved.withNoiseScale) return resolved.withNoiseScale(noiseScale);
    throw new ConfigError(
      `${caller}: expected no noiseScale for the likelihood '${resolved.name}', got ${noiseScale}. Leave it out.`,
    );
  }
  if (typeof likelihood !== 'string' || resolved.noiseScale === undefined) return resolved;
  throw new ConfigError(
    `${caller}: expected noiseScale for the likelihood '${resolved.name}', got none. ` +
      'Pass the standard deviation of the noise in the units of y, for example the validation RMSE.',
  );
}

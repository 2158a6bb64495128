import {FormatError} from '../../src/errors.ts';
import type {SavedPosterior} from '../../src/io/index.ts';
import {matrix} from '../../src/linalg/index.ts';
import type {ClassGaussians, FeatureGaussian} from './class-gaussians.ts';

const KIND = 'layers/feature-density';
const VERSION = 1;

/** The Gaussians as they are saved; a factor that all classes share is stored once. */
export function toSavedDensity({classes, background}: ClassGaussians, fingerprint: string | null): SavedPosterior {
  const all = [background, ...classes];
  const factors = [...new Set(all.map(({factor}) => factor))];
  return {
    kind: KIND,
    version: VERSION,
    config: {fingerprint, features: background.mean.length, factors: all.map(({factor}) => factors.indexOf(factor))},
    arrays: {
      logWeights: Float64Array.from(all, ({logWeight}) => logWeight),
      ...Object.fromEntries(all.map(({mean}, i) => [`mean${i}`, mean])),
      ...Object.fromEntries(factors.map(({data}, i) => [`factor${i}`, data])),
    },
  };
}

/** Reads what {@link toSavedDensity} wrote. Throws `FormatError` for a file of another kind. */
export function fromSavedDensity({kind, version, config, arrays}: SavedPosterior): {
  gaussians: ClassGaussians;
  fingerprint: string | null;
} {
  if (kind !== KIND || version !== VERSION) {
    throw new FormatError(
      `loadFeatureDensity: expected a feature density of version ${VERSION}, got '${kind} ${version}'. Give what save wrote.`,
    );
  }
  const {fingerprint, features, factors} = config as {fingerprint: string | null; features: number; factors: number[]};
  const numbers = (name: string): Float64Array => arrays[name] as Float64Array;
  const shared = new Map([...new Set(factors)].map((f) => [f, matrix(features, features, numbers(`factor${f}`))]));
  const [background, ...classes] = factors.map(
    (f, i): FeatureGaussian => ({
      mean: numbers(`mean${i}`),
      factor: shared.get(f) as FeatureGaussian['factor'],
      logWeight: numbers('logWeights')[i] as number,
    }),
  );
  return {gaussians: {classes, background: background as FeatureGaussian}, fingerprint};
}

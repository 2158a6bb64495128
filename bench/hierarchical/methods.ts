import {
  bulkEss,
  diffusionFamily,
  type FitVariationalOptions,
  fitVariational,
  flowFamily,
  inverseAutoregressiveFlow,
  type Model,
  meanField,
  nuts,
  rHat,
  type VariationalFamily,
} from '../../inference/index.ts';
import {createRng} from '../../src/index.ts';
import {COLUMNS} from './model.ts';

/** What a method says of one posterior. */
export interface Approximation {
  /** Draws of theta, one after another. */
  readonly theta: Float64Array;
  /** The bound and its standard error, in nats. */
  readonly bound?: number;
  readonly boundError?: number;
  /** Importance sampling's log evidence and its standard error. */
  readonly logEvidence?: number;
  readonly logEvidenceError?: number;
  readonly shape?: number;
  readonly rHat?: number;
  readonly bulkEss?: number;
  readonly divergences?: number;
}

type Method = (model: Model) => Promise<Approximation>;

/** How many draws each approximation is judged by. */
const DRAWS = 10000;

/** In the order of the table. */
export const METHODS: Readonly<Record<string, Method>> = {
  'mean-field ADVI': variational(() => meanField({dimension: COLUMNS}), {steps: 3000, samples: 16}),
  'flow VI': variational(() => flowFamily(inverseAutoregressiveFlow({dimension: COLUMNS, layers: 3})), {
    steps: 4000,
    samples: 32,
    clipNorm: 10,
  }),
  DMVI: variational(() => diffusionFamily({dimension: COLUMNS, steps: 24, scale: 0.3}), {
    steps: 4000,
    samples: 32,
    clipNorm: 10,
  }),
  'long DMVI': variational(() => diffusionFamily({dimension: COLUMNS, steps: 32, scale: 0.3}), {
    steps: 10000,
    samples: 32,
    clipNorm: 10,
  }),
  NUTS: sample,
};

function variational(make: () => VariationalFamily, options: Omit<FitVariationalOptions, 'family'>): Method {
  return async (model) => {
    const family = make();
    const importance = {draws: DRAWS, pointsPerPass: 1000, rng: createRng('judge')};
    const {importance: judged} = await fitVariational(model, {...options, family, importance, rng: createRng(1)});
    family.dispose();
    if (judged === undefined) throw new Error('hierarchical-study: no importance sample');
    const {elbo, logEvidence, shape, unconstrained} = judged;
    return {
      theta: unconstrained.parameters.theta?.values as Float64Array,
      bound: elbo.value,
      boundError: elbo.error,
      logEvidence: logEvidence.value,
      logEvidenceError: logEvidence.error,
      shape,
    };
  };
}

async function sample(model: Model): Promise<Approximation> {
  const chains = 16;
  const {unconstrained, statistics} = await nuts(model, {
    chains,
    warmup: 800,
    draws: 1000,
    targetAcceptance: 0.95,
    rng: createRng(1),
  });
  const theta = unconstrained.parameters.theta?.values as Float64Array;
  const columns = Array.from({length: COLUMNS}, (_, column) =>
    Array.from({length: chains}, (_, chain) =>
      Float64Array.from({length: unconstrained.draws}, (_, s) => {
        return theta[(chain * unconstrained.draws + s) * COLUMNS + column] as number;
      }),
    ),
  );
  return {
    theta,
    rHat: Math.max(...columns.map((column) => rHat(column))),
    bulkEss: Math.min(...columns.map((column) => bulkEss(column))),
    divergences: statistics.divergences.length,
  };
}

import type {NumberName} from './numbers.ts';

/** What a person is told about a method. */
export interface Method {
  readonly label: string;
  /** How it works, in a sentence. */
  readonly idea: string;
  /** The settings that only some methods have and that this one uses. */
  readonly uses: readonly NumberName[];
}

/** The methods, in the order of the menu. */
export const METHODS = {
  map: {
    label: 'Plain net (MAP)',
    idea: 'One net, one set of weights: it has no doubt about itself, so its epistemic part is zero everywhere.',
    uses: [],
  },
  laplace: {
    label: 'Laplace, last layer',
    idea: 'A Gaussian around the last layer of the trained net, as wide as the curvature of the loss allows. No retraining.',
    uses: ['samples'],
  },
  'laplace-all': {
    label: 'Laplace, all weights',
    idea: 'The same Gaussian around all weights, with every covariance between them.',
    uses: ['samples'],
  },
  flipout: {
    label: 'Variational (Flipout)',
    idea: 'Every weight is a Gaussian whose mean and width are trained; predictions average over draws. For classes the prior counts a fifth.',
    uses: ['samples'],
  },
  vbll: {
    label: 'VBLL head',
    idea: 'A last layer with a Gaussian posterior that is trained with the net; predictions are in closed form.',
    uses: ['samples'],
  },
  ivon: {
    label: 'IVON',
    idea: 'An optimizer that learns a mean and a width for every weight at about the price of Adam.',
    uses: ['samples'],
  },
  swag: {
    label: 'SWAG',
    idea: 'A Gaussian fitted to the weights that the second half of training passes through.',
    uses: ['samples'],
  },
  dropout: {
    label: 'MC dropout',
    idea: 'Dropout stays on when predicting; the draws disagree where the net is unsure.',
    uses: ['samples', 'rate'],
  },
  ensemble: {
    label: 'Deep ensemble',
    idea: 'Several nets from different starts; they agree where there are data.',
    uses: ['members'],
  },
  hmc: {
    label: 'HMC',
    idea: 'Draws whole nets from the exact posterior, chain by chain: the slowest, and what the others come near to.',
    uses: ['samples'],
  },
} as const satisfies Readonly<Record<string, Method>>;

/** Names of the methods. */
export type MethodName = keyof typeof METHODS;

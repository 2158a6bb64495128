/** How a step length adapts to its acceptance, plain numbers for saving. */
export interface DualAveragingState {
  /** Where log steps are drawn to: log of ten times the first step. */
  readonly anchor: number;
  /** Updates so far. */
  readonly count: number;
  /** Averaged distance of acceptance from its target. */
  readonly error: number;
  /** Logarithm of the step to try next. */
  readonly logStep: number;
  /** Logarithm of the averaged step, to be used after adaptation. */
  readonly logAverage: number;
}

/** The state before the first update of a step. */
export function startDualAveraging(step: number): DualAveragingState {
  return {anchor: Math.log(10 * step), count: 0, error: 0, logStep: Math.log(step), logAverage: Math.log(step)};
}

/**
 * One update of a step length so that the mean acceptance nears a target (Nesterov, 2009; Hoffman and Gelman, 2014, with
 * gamma 0.05, t0 10, kappa 0.75).
 */
export function dualAveraging(state: DualAveragingState, acceptance: number, target: number): DualAveragingState {
  const count = state.count + 1;
  const share = 1 / (count + 10);
  const error = (1 - share) * state.error + share * (target - acceptance);
  const logStep = state.anchor - (Math.sqrt(count) / 0.05) * error;
  const weight = count ** -0.75;
  return {...state, count, error, logStep, logAverage: weight * logStep + (1 - weight) * state.logAverage};
}

import {ConfigError} from '../../src/errors.ts';
import {affineFlow} from './affine.ts';
import {affineCouplingFlow} from './affine-coupling.ts';
import {composeFlows} from './compose-flows.ts';
import type {Flow, FlowConfig} from './flow.ts';
import {inverseAutoregressiveFlow} from './inverse-autoregressive.ts';
import {permutationFlow} from './permutation.ts';
import {planarFlow} from './planar.ts';
import {splineCouplingFlow} from './spline-coupling.ts';

/** How a flow of each kind is made from its options; a config holds them as they were given. */
const factories: Readonly<Record<string, (options: never) => Flow>> = {
  affine: affineFlow,
  'affine-coupling': affineCouplingFlow,
  composed: ({flows}: {flows: readonly FlowConfig[]}) => composeFlows(flows.map(flowFromConfig)),
  'inverse-autoregressive': inverseAutoregressiveFlow,
  permutation: permutationFlow,
  planar: planarFlow,
  'spline-coupling': splineCouplingFlow,
};

/**
 * A flow like the one that `getConfig` described, with first weights of its own: assign its variables to have the same map.
 *
 * @param config what `flow.getConfig()` gave, also by way of JSON.
 *
 * @throws ConfigError for a kind of flow that is not known.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * import {flowFromConfig, planarFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = planarFlow({dimension: 3, layers: 2});
 * const like = flowFromConfig(JSON.parse(JSON.stringify(flow.getConfig())));
 * flow.variables.forEach((variable, i) => like.variables[i]?.assign(variable));
 * flow.dispose();
 * like.dispose();
 * ```
 */
export function flowFromConfig({kind, ...options}: FlowConfig): Flow {
  const factory = factories[kind];
  if (factory !== undefined) return factory(options as never);
  throw new ConfigError(
    `flowFromConfig: expected a kind of ${Object.keys(factories).join(', ')}, got ${kind}. Pass what getConfig gave.`,
  );
}

import type {LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {netNoise} from '../../src/posterior/net-noise.ts';
import {fromSaved, toSaved} from '../saved.ts';
import type {MemberFields} from './member-fields.ts';

/** The value of `config.method` in a file of these posteriors. */
export const SAVED_METHOD = 'efficient';

/** All weights, the shared ones once, in the form of `src/io`. */
export async function membersSaved({
  host,
  likelihood,
  weights,
  output,
  samples,
  masks,
}: MemberFields): Promise<SavedPosterior> {
  const saved = await toSaved({host, likelihood, members: [weights], output});
  return {
    ...saved,
    config: {
      ...saved.config,
      method: SAVED_METHOD,
      samples,
      ...(masks && {masks: {name: masks.name, shared: masks.shared}}),
    },
  };
}

/** What {@link membersSaved} wrote, for a model of the same architecture. */
export function membersFromSaved(saved: SavedPosterior, context: LoadContext): MemberFields {
  const {samples, masks} = saved.config as unknown as {
    readonly samples: number;
    readonly masks?: {readonly name: string; readonly shared: boolean};
  };
  const noise = masks && netNoise(masks.name, masks.shared);
  const {host, likelihood, members, output} = fromSaved(saved, context);
  return {host, likelihood, weights: members[0] ?? [], output, samples, masks: noise};
}

import type {LoadContext, SavedPosterior} from '../../src/io/index.ts';
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
}: MemberFields): Promise<SavedPosterior> {
  const saved = await toSaved({host, likelihood, members: [weights], output});
  return {...saved, config: {...saved.config, method: SAVED_METHOD, samples}};
}

/** What {@link membersSaved} wrote, for a model of the same architecture. */
export function membersFromSaved(saved: SavedPosterior, context: LoadContext): MemberFields {
  const {host, likelihood, members, output} = fromSaved(saved, context);
  return {host, likelihood, weights: members[0] ?? [], output, samples: saved.config.samples as number};
}

import * as tf from '@tensorflow/tfjs-core';
import {FormatError} from '../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../src/io/index.ts';
import {type LikelihoodConfig, likelihoodFromConfig} from '../src/likelihoods/index.ts';
import {checkArchitecture} from './checks.ts';
import {createHost, type EnsembleFields, type Host} from './host.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'ensembles';
export const SAVED_VERSION = 1;

type Arrays = SavedPosterior['arrays'];

/** The members in the form of `src/io`; weights that are the same in all of them are stored once. */
export async function toSaved({host, likelihood, members, output}: EnsembleFields): Promise<SavedPosterior> {
  const {architecture} = host;
  const config = {
    method: 'members',
    members: members.length,
    architecture,
    output: output ?? null,
    likelihood: likelihood.getConfig(),
  };
  const arrays = await packMembers(members);
  return {kind: SAVED_KIND, version: SAVED_VERSION, config: config as unknown as Record<string, Json>, arrays};
}

/** The weights of members by name, those that all share once. */
export async function packMembers(members: EnsembleFields['members']): Promise<Record<string, Float32Array>> {
  const arrays: Record<string, Float32Array> = {};
  for (const i of members[0]?.keys() ?? []) {
    const values = await Promise.all(members.map((weights) => readFloat32(weights[i] as tf.Tensor)));
    const [first, ...others] = values as [Float32Array, ...Float32Array[]];
    if (others.every((other) => sameNumbers(first, other))) arrays[sharedName(i)] = first;
    else for (const [m, value] of values.entries()) arrays[memberName(m, i)] = value;
  }
  return arrays;
}

/** What {@link packMembers} packed, for a host of the same architecture; kept tensors. */
export function unpackMembers({variables}: Host, count: number, arrays: Arrays): tf.Tensor[][] {
  return Array.from({length: count}, (_, m) =>
    variables.map(({shape}, i) => tf.keep(tf.tensor(arrayOf(arrays, m, i), shape as number[], 'float32'))),
  );
}

/** What {@link toSaved} wrote, for a model of the same architecture. */
export function fromSaved({config, arrays}: SavedPosterior, {model, likelihood}: LoadContext): EnsembleFields {
  const terms = config as unknown as {
    members: number;
    architecture: string;
    output: string | null;
    likelihood: LikelihoodConfig;
  };
  const output = terms.output ?? undefined;
  const host = createHost(model, 'loadPosterior', output);
  checkArchitecture(host, terms.architecture, 'loadPosterior');
  const members = unpackMembers(host, terms.members, arrays);
  return {host, likelihood: likelihood ?? likelihoodFromConfig(terms.likelihood), members, output};
}

function arrayOf(arrays: Arrays, member: number, index: number): Float32Array {
  const array = arrays[memberName(member, index)] ?? arrays[sharedName(index)];
  if (array instanceof Float32Array) return array;
  throw new FormatError(
    `loadPosterior: expected weight ${index} of member ${member}, got none. The file is damaged: save it again.`,
  );
}

const sharedName = (index: number): string => `shared/${index}`;
const memberName = (member: number, index: number): string => `${member}/${index}`;

async function readFloat32(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}

function sameNumbers(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Object.is(value, b[i]));
}

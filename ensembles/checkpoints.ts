import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, FormatError} from '../src/errors.ts';
import {loadHandler} from '../src/io/handlers.ts';
import {fromArtifacts, type Json, type SavedPosterior, saveHandler, toArtifacts} from '../src/io/index.ts';
import {warn} from '../src/warn.ts';
import {checkSaves} from './checks.ts';
import type {Host} from './host.ts';

/** Where checkpoints go: a folder in Node, a URL prefix such as `indexeddb://digits`, or a handler for each member. */
export type CheckpointTarget = string | ((member: number) => tf.io.IOHandler);

const KIND = 'ensemble-member';
const VERSION = 1;

/** Saves and finds trained members of one run. */
export class Checkpoints {
  readonly #target: CheckpointTarget;
  readonly #host: Host;
  readonly #run: (member: number) => Json;

  /** `run` gives all that decides a member but the data and the code: checkpoints of another run are refused. */
  constructor(target: CheckpointTarget, host: Host, run: (member: number) => Json) {
    this.#target = target;
    this.#host = host;
    this.#run = run;
  }

  /** Saves a member's weights. */
  async save(member: number, weights: readonly tf.Tensor[]): Promise<void> {
    if (typeof this.#target === 'string' && !this.#target.includes('://')) await makeFolder(this.#target);
    const arrays: Record<string, Float32Array> = {};
    for (const [i, weight] of weights.entries()) arrays[String(i)] = Float32Array.from(await weight.data());
    const save = checkSaves(saveHandler(this.#place(member)), 'deepEnsemble.fit');
    await save(toArtifacts({kind: KIND, version: VERSION, config: {member, run: this.#run(member)}, arrays}));
  }

  /** A member's weights, kept; undefined where it has not been saved, or what was saved is damaged, which it says. */
  async load(member: number): Promise<tf.Tensor[] | undefined> {
    const place = this.#place(member);
    const name = typeof place === 'string' ? place : `of member ${member}`;
    const artifacts = await readOrNothing(loadHandler(place), name);
    if (artifacts === undefined) return undefined;
    try {
      return this.#read(fromArtifacts(artifacts, 'deepEnsemble.fit'), member, name);
    } catch (error) {
      return refuse(error, name);
    }
  }

  #place(member: number): string | tf.io.IOHandler {
    return typeof this.#target === 'string' ? `${this.#target}/member-${member}` : this.#target(member);
  }

  #read({kind, config, arrays}: SavedPosterior, member: number, name: string): tf.Tensor[] {
    if (kind !== KIND) throw new FormatError(`deepEnsemble.fit: expected a checkpoint at ${name}, got '${kind}'.`);
    if (config.member !== member || JSON.stringify(config.run) !== JSON.stringify(this.#run(member))) {
      throw new ConfigError(
        `deepEnsemble.fit: expected checkpoints of this run, got another one's at ${name}: the seed, architecture, data ` +
          'size, epochs, batch size, weights of examples or configurations differ. Choose another place for checkpoints, or delete the old ones.',
      );
    }
    return this.#host.variables.map(({shape}, i) =>
      tf.keep(tf.tensor(arrays[String(i)] as Float32Array, shape as number[], 'float32')),
    );
  }
}

/** What the handler loads, or nothing where it cannot: a member that was not saved is no error. */
async function readOrNothing(handler: tf.io.IOHandler, name: string): Promise<tf.io.ModelArtifacts | undefined> {
  try {
    return await handler.load?.();
  } catch (error) {
    return error instanceof FormatError ? refuse(error, name) : undefined;
  }
}

function refuse(error: unknown, name: string): undefined {
  if (!(error instanceof FormatError)) throw error;
  warn(`deepEnsemble.fit: the checkpoint ${name} is damaged and its member is trained again: ${error.message}`);
}

async function makeFolder(path: string): Promise<void> {
  await globalThis.process?.getBuiltinModule?.('node:fs/promises')?.mkdir(path, {recursive: true});
}

import type {LayersModel} from '@tensorflow/tfjs-layers';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {disposeExamples} from '../data-side/inputs.ts';
import type {MemberModule} from '../deep-ensemble-options.ts';
import {createHost} from '../host.ts';
import {checkCompiled, checkSameArchitecture, disposeModel} from '../member-model.ts';
import {type MemberCallback, trainMember} from '../train-member.ts';
import type {EpochReport, MemberAnswer, MemberTask, MemberTrial, ModelSource} from './member-task.ts';
import {unpackExamples} from './member-task.ts';
import {unpackModel} from './model-parcel.ts';

type ModuleSource = Extract<ModelSource, {module: string}>;

/** Builds a model and says what is wrong with it; empty where nothing is. */
export async function tryMember({member, backend, model: source, architecture, output}: MemberTrial): Promise<string> {
  try {
    await initBackend({prefer: backend});
    const model = await build(source, member);
    const found = createHost(model, 'deepEnsemble', output).architecture;
    disposeModel(model);
    return found === architecture ? '' : 'a worker builds another architecture from its topology';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Trains one member. */
export async function trainMemberTask(task: MemberTask): Promise<MemberAnswer> {
  try {
    return {weights: await train(task)};
  } catch (error) {
    const {name, message} = error instanceof Error ? error : {name: 'Error', message: String(error)};
    return {failure: {name, message}};
  }
}

async function build(source: ModelSource, member: number): Promise<LayersModel> {
  if ('parcel' in source) return unpackModel(source.parcel);
  const {module, state} = source;
  const {create} = await importModule(source);
  if (typeof create !== 'function') {
    throw new ConfigError(
      `deepEnsemble.fit: expected the module ${module} to export create, got ${typeof create}. ` +
        'Export the function that builds and compiles a member under that name.',
    );
  }
  const rng = createRng({state});
  return checkCompiled(await create({member, rng}));
}

async function callbacksOf(source: ModuleSource, member: number): Promise<readonly MemberCallback[]> {
  const {callbacks} = await importModule(source);
  if (typeof callbacks === 'function') return [callbacks(member)].flat() as MemberCallback[];
  if (!source.needsCallbacks) return [];
  throw new ConfigError(
    `deepEnsemble.fit: expected the module ${source.module} to export callbacks, got ${typeof callbacks}. ` +
      'Functions cannot be sent to a worker: export those that fit was given from there too.',
  );
}

function importModule({module}: ModuleSource): Promise<MemberModule> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ module);
}

async function train({
  member,
  model: source,
  output,
  training,
  validation,
  order,
  port,
  ...how
}: MemberTask): Promise<Float32Array[]> {
  await initBackend({prefer: how.backend});
  const model = await build(source, member);
  const examples = [training, validation].map((packed) => packed && unpackExamples(packed));
  try {
    const host = createHost(model, 'deepEnsemble', output);
    checkSameArchitecture(host, how.architecture, member);
    const callbacks = 'parcel' in source ? [] : await callbacksOf(source, member);
    await trainMember(model, examples[0] as NonNullable<(typeof examples)[0]>, createRng({state: order}), {
      ...how,
      validation: examples[1],
      callbacks,
      onEpochEnd: async (epoch, logs) => {
        const report: EpochReport = {epoch: epoch + 1, logs: {...logs}};
        port.postMessage(report);
      },
    });
    return await Promise.all(host.variables.map(async (variable) => Float32Array.from(await variable.read().data())));
  } finally {
    for (const one of examples) if (one) disposeExamples(one);
    disposeModel(model);
    port.close();
  }
}

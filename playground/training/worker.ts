import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmThreads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type * as tf from '@tensorflow/tfjs-core';
import {initBackend, type Posterior} from 'tfjs-bayes';
import type {Reply, Request} from '../messages.ts';
import {predictView, score, shownInputs} from './frame.ts';
import {createProblem, type Problem} from './problem.ts';
import {RECIPES} from './recipes.ts';
import type {Training} from './training.ts';

const WASM_PATH = {
  'tfjs-backend-wasm.wasm': wasm,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreads,
};
/** Least milliseconds from one picture to the next while training. */
const FRAME_EVERY = 100;

/** What is trained, kept for another prediction. */
interface Trained {
  readonly id: number;
  readonly problem: Problem;
  readonly training: Training;
  readonly inputs: tf.Tensor2D;
  /** Undefined before the first step. */
  posterior: Posterior | undefined;
  trainMillis: number;
  step: number;
  readonly steps: number;
}

let newest: (Request & {kind: 'train'}) | undefined;
let samples = 16;
let trained: Trained | undefined;
let queue = Promise.resolve();

self.onmessage = ({data: request}: MessageEvent<Request>) => {
  if (request.kind === 'predict') samples = request.samples;
  else newest = request;
  queue = queue
    .then(() => answer(request))
    .catch((error) => send({kind: 'failed', id: newest?.id, message: readable(error)}));
};

async function answer(request: Request): Promise<void> {
  if (request.kind === 'predict') {
    if (request.samples === samples && trained !== undefined) await show(trained);
    return;
  }
  if (request !== newest) return;
  release();
  samples = request.settings.numbers.samples;
  const {name} = await initBackend({prefer: request.settings.backend, wasmPath: WASM_PATH});
  send({kind: 'ready', backend: name});
  await train(request);
}

async function train(request: Request & {kind: 'train'}): Promise<void> {
  const problem = createProblem(request.settings, request.data);
  const training = RECIPES[request.settings.method](problem);
  const {steps = request.settings.numbers.steps} = training;
  trained = {
    id: request.id,
    problem,
    training,
    inputs: shownInputs(problem.task),
    posterior: undefined,
    trainMillis: 0,
    step: 0,
    steps,
  };
  let nextFrame = 0;
  while (trained.step < steps && request === newest) {
    const started = performance.now();
    await training.step();
    trained.step++;
    const now = performance.now();
    trained.trainMillis += now - started;
    if (now >= nextFrame || trained.step === steps) {
      trained.posterior?.dispose();
      trained.posterior = undefined;
      trained.posterior = await training.posterior();
      await show(trained);
      nextFrame = performance.now() + Math.max(FRAME_EVERY, performance.now() - now);
    }
    if (trained.step % 8 === 0) await messagesIn();
  }
}

async function show({id, problem, posterior, inputs, step, steps, trainMillis}: Trained): Promise<void> {
  if (posterior === undefined) return;
  const started = performance.now();
  const view = await predictView(posterior, inputs, samples);
  const predictMillis = performance.now() - started;
  const scores = await score(posterior, problem, samples);
  send({kind: 'frame', id, step, steps, view, scores, predictMillis, trainMillis});
}

function release(): void {
  if (trained === undefined) return;
  trained.posterior?.dispose();
  trained.training.dispose();
  trained.problem.dispose();
  trained.inputs.dispose();
  trained = undefined;
}

/** Lets waiting messages arrive. */
function messagesIn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function send(reply: Reply): void {
  self.postMessage(reply);
}

function readable(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

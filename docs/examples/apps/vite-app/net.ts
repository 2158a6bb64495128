import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmThreads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend, type Posterior} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';

/** Where Vite puts the files that tfjs-backend-wasm loads. */
const wasmPath = {
  'tfjs-backend-wasm.wasm': wasm,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreads,
};

/** A prediction for one x. */
export interface ErrorBar {
  readonly x: number;
  readonly mean: number;
  /** Standard deviation of what is seen: ignorance and noise together. */
  readonly sd: number;
  /** Standard deviation by ignorance alone: what more data would remove. */
  readonly epistemic: number;
}

/** Points around sin(1.5 x), none between -1 and 1. */
export function createData(): [x: number, y: number][] {
  const rng = createRng(1);
  const noise = rng.normals(60);
  return Array.from(rng.uniforms(60), (u, i) => {
    const x = u < 0.5 ? -4 + 6 * u : 1 + 6 * (u - 0.5);
    return [x, Math.sin(1.5 * x) + 0.15 * (noise[i] ?? 0)];
  });
}

/** Trains a net on the points, and gives it a posterior over all its weights. */
export async function train(data: readonly [number, number][]): Promise<Posterior> {
  await initBackend({prefer: 'wasm', wasmPath}); // without prefer: WebGPU or WebGL where there is a graphics card
  const x = tf.tensor2d(data.map(([x]) => [x]));
  const y = tf.tensor2d(data.map(([, y]) => [y]));
  const kernel = (seed: number) => tfl.initializers.glorotNormal({seed});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [1], kernelInitializer: kernel(1)}),
      tfl.layers.dense({units: 16, activation: 'tanh', kernelInitializer: kernel(2)}),
      tfl.layers.dense({units: 1, kernelInitializer: kernel(3)}),
    ],
  });
  model.compile({optimizer: tf.train.adam(0.02), loss: 'meanSquaredError'});
  await model.fit(x, y, {epochs: 300, batchSize: data.length, shuffle: false, verbose: 0});
  const posterior = await laplace(model, {likelihood: 'gaussian', weights: 'all', structure: 'full'}).fit(x, y);
  await posterior.tune({noise: true}); // prior precision and noise, from the marginal likelihood
  tf.dispose([x, y]);
  return posterior;
}

/** Predictions for some places. */
export async function predict(posterior: Posterior, at: readonly number[]): Promise<ErrorBar[]> {
  const x = tf.tensor2d(at.map((value) => [value]));
  const predictive = await posterior.predict(x);
  try {
    if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
    const {mean, variance, epistemicVariance} = await predictive.toArrays();
    return at.map((value, i) => ({
      x: value,
      mean: mean.data[i] ?? Number.NaN,
      sd: Math.sqrt(variance.data[i] ?? Number.NaN),
      epistemic: Math.sqrt(epistemicVariance.data[i] ?? Number.NaN),
    }));
  } finally {
    predictive.dispose();
    x.dispose();
  }
}

import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {type Inputs, sliceInputs} from '../models/inputs.ts';
import type {Net} from '../models/net.ts';
import type {TapRun} from '../models/taps.ts';
import {type BatchSummary, batchLoss, countedTargets, summarize} from './batch-loss.ts';
import {type CurvatureFit, layoutOf, type SummedCurvature, type WeightLayout} from './curvature.ts';
import {batchHessian} from './hessian.ts';
import {lastLayerSums} from './last-layer.ts';
import {OutputCurvature} from './output-curvature.ts';
import {type CurvatureChoice, outputRoot} from './output-root.ts';
import type {CurvatureWeights} from './tap-run.ts';
import {unitGradients} from './unit-gradients.ts';

/** Gradient values held before they are summed: 16 MiB. */
const FLOATS_AT_ONCE = 2 ** 22;

/**
 * The weights of a net that a curvature is over, in the order of the flat vector. `x` is any one batch: shapes of
 * unfolded inputs are known only once the net has run.
 */
export function weightLayouts(net: Net, weights: CurvatureWeights, x: Inputs): WeightLayout[] {
  if (weights === 'last-layer') return lastLayerLayouts(net);
  const layouts: WeightLayout[] = [];
  tf.tidy(() => {
    net.taps(sliceInputs(x, 0, 1), (run) => {
      layouts.push(...run.weights.map(layoutOf));
      return [];
    });
  });
  return layouts;
}

function lastLayerLayouts(net: Net): WeightLayout[] {
  const {kernel, bias, inputSize, outputs} = net.lastLayer;
  const size = inputSize * outputs;
  const layouts: WeightLayout[] = [
    {name: kernel.originalName, size, kind: 'outer', inputs: inputSize, groups: 1, outputs, shared: false},
  ];
  if (bias) {
    const name = bias.originalName;
    layouts.push({name, size: outputs, kind: 'direct', inputs: 1, groups: 1, outputs, shared: false});
  }
  return layouts;
}

/**
 * A generalized Gauss-Newton matrix of a net, summed batch by batch:
 *
 *     H = sum_n J_n^T Lambda_n J_n,    Lambda_n = E[Hessian of -log p(y | f_n)] = R_n R_n^T
 *
 * without the Jacobians J: each column of the root R is pulled back through one recorded forward pass (Schraudolph 2002;
 * Daxberger et al. 2021). Batches are summed in float64; how the data are split makes no difference. A
 * {@link CurvatureChoice} puts draws, the labels' own gradients or the exact Hessian in the place of Lambda.
 */
export class GeneralizedGaussNewton implements CurvatureFit {
  /** The sum so far. */
  readonly curvature: SummedCurvature;
  readonly #net: Net;
  readonly #likelihood: Likelihood;
  readonly #weights: CurvatureWeights;
  readonly #choice: CurvatureChoice;

  /** Adds to `curvature`, whose layouts are those of {@link weightLayouts}; a Hessian must be full. */
  constructor(
    net: Net,
    likelihood: Likelihood,
    weights: CurvatureWeights,
    curvature: SummedCurvature,
    choice: CurvatureChoice = {kind: 'ggn'},
  ) {
    this.#choice = choice;
    this.#net = net;
    this.#likelihood = likelihood;
    this.#weights = weights;
    this.curvature = curvature;
  }

  /** Adds a batch; `y` as `likelihood.prepareTargets` gives it. */
  async add(x: Inputs, y: tf.Tensor): Promise<BatchSummary> {
    const sums = this.#weights === 'last-layer' ? this.#lastLayerBatch(x, y) : this.#tappedBatch(x, y);
    const tensors = [sums.loss, sums.rows, ...sums.inputSums, ...sums.gradientSums];
    try {
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      const [loss, rows, ...rest] = values;
      this.curvature.absorb(rest.slice(0, sums.inputSums.length), rest.slice(sums.inputSums.length));
      return summarize(this.#likelihood, this.#net.outputSize, loss as Float32Array, rows?.[0] as number);
    } finally {
      tf.dispose(tensors);
    }
  }

  #lastLayerBatch(x: Inputs, y: tf.Tensor): BatchTensors {
    return tf.tidy(() => {
      const {features, outputs} = this.#net.features(x);
      const mask = countedTargets(this.#likelihood, outputs, y);
      const counted = tf.reshape(mask, [-1]) as tf.Tensor1D;
      const rows = tf.sum(mask) as tf.Scalar;
      return {
        loss: batchLoss(this.#likelihood, outputs, y),
        rows,
        ...lastLayerSums(
          this.curvature.structure,
          tf.mul(tf.reshape(features, [-1, this.#net.lastLayer.inputSize]), tf.expandDims(counted, 1)) as tf.Tensor2D,
          new OutputCurvature(this.#likelihood, {f: outputs, y, counted}, this.#choice),
          {hasBias: this.#net.lastLayer.bias !== undefined, rows},
        ),
      };
    });
  }

  #tappedBatch(x: Inputs, y: tf.Tensor): BatchTensors {
    if (this.#choice.kind === 'hessian') return this.#hessianBatch(x, y);
    return this.#net.taps(x, ({outputs, weights, pullback}) => {
      const mask = countedTargets(this.#likelihood, outputs, y);
      const unmasked = outputRoot(this.#likelihood, outputs, y, this.#choice);
      const root = tf.mul(unmasked, tf.expandDims(tf.expandDims(mask, -1), -1));
      const gradientSums = this.#gradientSums(weights, root, pullback);
      return {
        loss: batchLoss(this.#likelihood, outputs, y),
        rows: tf.sum(mask) as tf.Scalar,
        inputSums: this.curvature.inputSums(weights, tf.reshape(mask, [outputs.shape[0] as number, -1]) as tf.Tensor2D),
        gradientSums,
      };
    });
  }

  #hessianBatch(x: Inputs, y: tf.Tensor): BatchTensors {
    return tf.tidy(() => {
      const outputs = this.#net.outputs(x);
      return {
        loss: batchLoss(this.#likelihood, outputs, y),
        rows: tf.sum(countedTargets(this.#likelihood, outputs, y)) as tf.Scalar,
        inputSums: [],
        gradientSums: [batchHessian(this.#net, this.#likelihood, x, y)],
      };
    });
  }

  /** Pulls every column of the root back, and sums the passes in groups: fewer, larger products within bounded memory. */
  #gradientSums(weights: TapRun['weights'], root: tf.Tensor, pullback: TapRun['pullback']): tf.Tensor[] {
    let sums: tf.Tensor[] | undefined;
    let group: tf.Tensor[][] = [];
    let held = 0;
    const flush = (): void => {
      const previous = sums;
      sums = tf.tidy(() => {
        const added = this.curvature.gradientSums(weights, group);
        return previous ? added.map((sum, i) => tf.add(sum, previous[i] as tf.Tensor)) : added;
      });
      tf.dispose([group, previous ?? []]);
      group = [];
      held = 0;
    };
    for (const dy of unitGradients(root)) {
      const gradients = pullback(dy);
      dy.dispose();
      group.push(gradients);
      held += gradients.reduce((sum, {size}) => sum + size, 0);
      if (held > FLOATS_AT_ONCE) flush();
    }
    if (group.length > 0) flush();
    return sums ?? [];
  }
}

interface BatchTensors {
  readonly [name: string]: tf.Tensor | tf.Tensor[];
  readonly loss: tf.Tensor;
  readonly rows: tf.Scalar;
  readonly inputSums: tf.Tensor[];
  readonly gradientSums: tf.Tensor[];
}

import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../src/errors.ts';
import {batchesOf, countInputs, createNet, type HeadKind, type Inputs, sliceInputs} from '../src/models/index.ts';
import type {Posterior} from '../src/posterior/index.ts';
import {haveEqualWeights} from '../src/predictive/equal-members.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {checkCount} from './checks.ts';
import {
  bernoulliDivergence,
  categoricalDivergence,
  type DistillationLoss,
  gaussianDivergence,
  proxyDivergence,
  proxyTargets,
} from './distillation-loss.ts';
import {trainMember} from './train-member.ts';

/** Options of {@link distill}. */
export interface DistillOptions {
  /**
   * `'plain'`: the student learns the mean prediction. `'proxy-dirichlet'`, for classes: it learns a Dirichlet, and with it how
   * far the members disagree. Default `'plain'`.
   */
  readonly kind?: 'plain' | 'proxy-dirichlet';
  /** Passes over the inputs. Default 10. */
  readonly epochs?: number;
  /** Inputs in a step. Default 32. */
  readonly batchSize?: number;
  /** Trains the student. Default Adam with a learning rate of 0.001. */
  readonly optimizer?: tf.Optimizer;
  /** Draws of a teacher that samples. Default 100. */
  readonly samples?: number;
  /** Orders the batches. Default: a fixed seed. */
  readonly rng?: Rng;
}

/** How a student learned. */
export interface Distillation {
  /** Mean loss of each epoch, in nats: for `'plain'` the divergence KL(teacher || student) per example. */
  readonly losses: readonly number[];
}

/** Inputs the teacher is asked at once. */
const AT_ONCE = 256;

/**
 * Trains one net, in place, to keep what a posterior predicts, so that a prediction costs one pass. Needs inputs but no labels:
 * unlabelled inputs, also from where the student is to know its doubt, help.
 *
 * - `'plain'` (Hinton, Vinyals and Dean, 2015): minimizes `KL(teacher || student)` of the mean prediction. The student ends as
 *   its kind of target wants: K classes in a softmax or logits, yes or no in a sigmoid or logits, numbers in 2C linear units
 *   as for `heteroscedasticGaussian`, which take mean and total variance. Read it with `pointEstimate(student, {likelihood})`.
 * - `'proxy-dirichlet'` (Ryabinin, Malinin and Gales, 2021): from members' probabilities pi_m a Dirichlet with
 *
 *       mean = 1/M sum_m pi_m,   beta_0 = (K - 1) / (2 sum_k mean_k (log mean_k - 1/M sum_m log pi_mk)),   beta = beta_0 mean + 1
 *
 *   and minimizes `KL(Dirichlet(exp(f) + 1) || Dirichlet(beta)) / beta_0` over the K linear outputs f of the student. `beta_0` is
 *   held at 1e4 or below. Read it with `evidentialClassification({evidence: 'exp'}).posterior(student)` of `tfjs-bayes/layers`:
 *   its entropy has a total, an aleatoric and an epistemic part.
 *
 * Compiles the student with a loss of its own: compile again before other training.
 *
 * @param posterior the teacher; of any method.
 * @param student an untrained or trained net with the teacher's inputs.
 * @param x inputs to learn from, N examples.
 * @param options `kind` and how to train.
 * @throws ConfigError if the student's head or the teacher's kind of prediction does not fit, or `'proxy-dirichlet'` is to learn
 *   members of unequal weight; ShapeError if the student has
 *   another number of outputs.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, pointEstimate} from 'tfjs-bayes';
 * import {distill, ensembleOf} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const build = () => tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const teacher = ensembleOf([build(), build(), build()]);
 * const student = build();
 * const {losses} = await distill(teacher, student, tf.randomNormal([64, 2]), {epochs: 5, optimizer: tf.train.adam(0.05)});
 * console.log(losses.length);                   // 5, falling
 * const posterior = pointEstimate(student);     // one net that predicts what the three do together
 * ```
 */
export async function distill(
  posterior: Posterior,
  student: LayersModel,
  x: Inputs,
  {
    kind = 'plain',
    epochs = 10,
    batchSize = 32,
    samples = 100,
    rng = createRng('distill'),
    ...options
  }: DistillOptions = {},
): Promise<Distillation> {
  checkCount(epochs, 'epochs', 1, 'distill');
  checkCount(batchSize, 'batchSize', 1, 'distill');
  if (kind !== 'plain' && kind !== 'proxy-dirichlet') {
    throw new ConfigError(
      `distill: expected kind to be 'plain' or 'proxy-dirichlet', got '${kind}'. Choose one of these.`,
    );
  }
  const {head, outputSize} = createNet(student, {caller: 'distill'});
  const parts: tf.Tensor[] = [];
  const losses: number[] = [];
  let targets: tf.Tensor | undefined;
  const optimizer = options.optimizer ?? tf.train.adam(0.001);
  try {
    let loss: DistillationLoss | undefined;
    for (const {start, size} of batchesOf(countInputs(x, 'distill'), AT_ONCE, 'distill')) {
      const some = sliceInputs(x, start, size);
      try {
        const taught = await lessonOn(posterior, some, {kind, samples, head});
        parts.push(taught.targets);
        checkOutputs(outputSize, taught.outputs);
        loss = taught.loss;
      } finally {
        tf.dispose(some);
      }
    }
    targets = tf.concat(parts);
    student.compile({optimizer, loss: loss as DistillationLoss});
    await trainMember(student, {x, y: targets}, rng, {
      epochs,
      batchSize,
      verbose: 0,
      validation: undefined,
      variation: undefined,
      callbacks: [],
      onEpochEnd: async (_, logs) => void losses.push(logs.loss as number),
    });
    return {losses};
  } finally {
    tf.dispose(parts);
    targets?.dispose();
    if (options.optimizer === undefined) optimizer.dispose();
  }
}

/** What the student is to learn of some inputs. */
interface Lesson {
  readonly targets: tf.Tensor;
  readonly loss: DistillationLoss;
  /** Outputs that the student needs. */
  readonly outputs: number;
}

async function lessonOn(
  posterior: Posterior,
  x: Inputs,
  {kind, samples, head}: {kind: 'plain' | 'proxy-dirichlet'; samples: number; head: HeadKind},
): Promise<Lesson> {
  const predictive = await posterior.predict(x, {samples, keepMembers: kind === 'proxy-dirichlet'});
  try {
    return kind === 'plain' ? plainLesson(predictive, head) : await proxyLesson(predictive, head);
  } finally {
    predictive.dispose();
  }
}

function plainLesson(predictive: Predictive, head: HeadKind): Lesson {
  switch (predictive.kind) {
    case 'categorical': {
      checkHead(head, ['softmax', 'linear'], 'classes');
      const targets = tf.clone(predictive.probs);
      return {targets, loss: categoricalDivergence(head), outputs: targets.shape.at(-1) as number};
    }
    case 'bernoulli': {
      checkHead(head, ['sigmoid', 'linear'], 'yes or no');
      const targets = tf.clone(predictive.probs);
      return {targets, loss: bernoulliDivergence(head), outputs: targets.shape.at(-1) as number};
    }
    case 'gaussian':
    case 'mixture':
    case 'student-t': {
      checkHead(head, ['linear'], 'numbers');
      const targets = tf.tidy(() => tf.concat([predictive.mean, predictive.variance()], -1));
      return {targets, loss: gaussianDivergence, outputs: targets.shape.at(-1) as number};
    }
    default:
      throw new ConfigError(
        `distill: expected a posterior that predicts classes or numbers, got one that predicts '${predictive.kind}'. ` +
          'Distill one of these.',
      );
  }
}

async function proxyLesson(predictive: Predictive, head: HeadKind): Promise<Lesson> {
  if (predictive.kind !== 'categorical' || predictive.memberProbs === undefined) {
    throw new ConfigError(
      `distill: expected a posterior of several members over classes for 'proxy-dirichlet', got '${predictive.kind}'` +
        `${predictive.kind === 'categorical' ? ' without members' : ''}. Take kind: 'plain'.`,
    );
  }
  checkHead(head, ['linear'], 'a Dirichlet');
  await checkEqualWeights(predictive.probs, predictive.memberProbs, predictive.latent !== undefined);
  const outputs = predictive.probs.shape.at(-1) as number;
  return {targets: proxyTargets(predictive.memberProbs), loss: proxyDivergence, outputs};
}

/** Throws where the mean of the members is not the prediction; that of a latent Gaussian may come from no draws. */
async function checkEqualWeights(probs: tf.Tensor, memberProbs: tf.Tensor, latent: boolean): Promise<void> {
  if (latent || (await haveEqualWeights(memberProbs, probs))) return;
  throw new ConfigError(
    "distill: expected members of equal weight for 'proxy-dirichlet', got others. Take kind: 'plain', or a mixture without " +
      'weights.',
  );
}

function checkHead(head: HeadKind, fitting: readonly HeadKind[], what: string): void {
  if (fitting.includes(head)) return;
  throw new ConfigError(
    `distill: expected a student that ends ${fitting.map((one) => `in a ${one} layer`).join(' or ')} to learn ${what}, got a ` +
      `${head}. Change the activation of its last layer.`,
  );
}

function checkOutputs(got: number, expected: number): void {
  if (got === expected) return;
  throw new ShapeError(
    `distill: expected a student with ${expected} outputs, got ${got}. Change the units of its last layer.`,
  );
}

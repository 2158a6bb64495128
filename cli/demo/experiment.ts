import * as tf from '@tensorflow/tfjs-core';
import {laplace} from '../../laplace/index.ts';
import {fitTemperature} from '../../src/calibration/index.ts';
import {type ClassificationEvaluation, type EvaluationData, evaluate} from '../../src/evaluation/index.ts';
import {calibrated} from '../../src/io/index.ts';
import {type Posterior, pointEstimate} from '../../src/posterior/index.ts';
import {createRng} from '../../src/random/index.ts';
import {trainDigitNet} from './digit-net.ts';
import {fashionMnist, type LabelledImages, mnist, rotated, toTensor} from './images.ts';

const [TRAIN, VALIDATION, TEST, FASHION_PER_CLASS] = [10_000, 1_000, 2_000, 200];
const ANGLES = [15, 30, 45, 60, 75, 90];

/** Images to judge on: the same for every seed. */
export interface Judgement {
  readonly test: LabelledImages;
  readonly turned: readonly {readonly degrees: number; readonly images: LabelledImages}[];
  readonly fashion: Float32Array;
}

/** What one seed gave. */
export interface Outcome {
  /** The net as trained, temperature-scaled, and with a Laplace posterior. */
  readonly evaluations: readonly ClassificationEvaluation[];
  readonly temperature: number;
  readonly priorPrecision: number;
  readonly logMarginalLikelihood: number;
  /** Seconds for fitting and tuning the posterior. */
  readonly laplaceSeconds: number;
}

/** Is told how far a long step has come. */
export type Progress = (step: string, done: number, total: number, note?: string) => void;

/** Test digits, the same turned by 15 to 90 degrees, and clothes. */
export async function loadJudgement(): Promise<Judgement> {
  const test = await mnist('t10k', TEST);
  const turned = ANGLES.map((degrees) => ({degrees, images: rotated(test, degrees)}));
  return {test, turned, fashion: await fashionMnist(FASHION_PER_CLASS)};
}

/** Trains a net on digits, gives it a last-layer Laplace posterior, and judges both on data that neither has seen. */
export async function runExperiment(judgement: Judgement, seed: number, progress: Progress): Promise<Outcome> {
  const rng = createRng(seed);
  const all = await mnist('train', TRAIN + VALIDATION, rng.fork('data'));
  const [train, validation] = [take(all, 0, TRAIN), take(all, TRAIN, VALIDATION)];

  const model = await trainDigitNet(train, {
    seed,
    rng: rng.fork('order'),
    onProgress: (done, total, loss) => progress('training', done, total, `loss ${loss.toFixed(3)}`),
  });

  const started = performance.now();
  const [x, y] = [toTensor(train.pixels), tf.tensor1d(train.labels, 'int32')];
  const posterior = await laplace(model).fit(x, y, {
    callbacks: {onBatchEnd: (batch) => progress('fitting Laplace', batch + 1, Math.ceil(TRAIN / 256))},
  });
  const {priorPrecision, logMarginalLikelihood} = await posterior.tune();
  const laplaceSeconds = (performance.now() - started) / 1000;

  const map = pointEstimate(model);
  const temperature = await validationTemperature(map, validation);
  const contenders: readonly [string, Posterior][] = [
    ['MAP', map],
    ['MAP, temperature-scaled', calibrated(map, {temperature})],
    ['Laplace', posterior],
  ];
  const data = toTensors(judgement);
  const evaluations: ClassificationEvaluation[] = [];
  for (const [name, contender] of contenders) {
    const evaluation = await evaluate(contender, data, {
      details: false,
      intervals: 'none',
      name,
      onProgress: (done, total) => progress(`judging ${name}`, done, total),
    });
    if (evaluation.kind !== 'classification') throw new TypeError(`expected a classification, got ${evaluation.kind}`);
    evaluations.push(evaluation);
  }
  posterior.dispose();
  model.dispose();
  tf.dispose([x, y]);
  tf.dispose(data as unknown as tf.TensorContainer);
  return {evaluations, temperature, priorPrecision, logMarginalLikelihood, laplaceSeconds};
}

function take({pixels, labels}: LabelledImages, start: number, count: number): LabelledImages {
  const each = pixels.length / labels.length;
  return {
    pixels: pixels.subarray(start * each, (start + count) * each),
    labels: labels.subarray(start, start + count),
  };
}

/** The temperature of lowest negative log-likelihood on digits that were held out of training. */
async function validationTemperature(map: Posterior, {pixels, labels}: LabelledImages): Promise<number> {
  const x = toTensor(pixels);
  const draws = await map.sampleOutputs(x, {samples: 1}); // a point estimate has one draw: its logits
  const logits = await draws.data();
  tf.dispose([x, draws]);
  return fitTemperature({data: logits, shape: [labels.length, 10]}, labels);
}

function toTensors({test, turned, fashion}: Judgement): EvaluationData {
  return {
    test: {x: toTensor(test.pixels), y: test.labels},
    shift: turned.map(({degrees, images}) => ({
      name: 'rotated',
      level: degrees,
      x: toTensor(images.pixels),
      y: images.labels,
    })),
    ood: {name: 'FashionMNIST', x: toTensor(fashion)},
  };
}

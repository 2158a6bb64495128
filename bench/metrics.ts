import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import * as metrics from '../src/metrics/index.ts';
import {createRng} from '../src/random/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

const EXAMPLES = 1_000_000;
const CLASSES = 10;

/** NumPy's figures for the same work, from the interpreter that BENCH_PYTHON names; none without it. */
function peerFigures(): Record<string, number> {
  const python = process.env.BENCH_PYTHON;
  if (!python) return {};
  return JSON.parse(execFileSync(python, [join(import.meta.dirname, 'peers/metrics.py')], {encoding: 'utf8'}));
}

/** Rows of probabilities, some confident, some not. */
function probabilities(): Float64Array {
  const data = createRng(1).normals(EXAMPLES * CLASSES);
  for (let i = 0; i < data.length; i += CLASSES) {
    const row = data.subarray(i, i + CLASSES);
    let sum = 0;
    for (let j = 0; j < CLASSES; j++) sum += row[j] = Math.exp(3 * (row[j] as number));
    for (let j = 0; j < CLASSES; j++) row[j] = (row[j] as number) / sum;
  }
  return data;
}

/** Every metric over a million examples, those on probabilities with ten classes, against NumPy. */
export async function run(): Promise<BenchRow[]> {
  const peers = peerFigures();
  const rng = createRng(2);
  const shape = [EXAMPLES, CLASSES] as const;
  const data = probabilities();
  const p = {data, shape};
  const p32 = {data: Float32Array.from(data), shape};
  const labels = Int32Array.from(rng.uniforms(EXAMPLES), (u) => Math.floor(CLASSES * u));
  const {confidence, correct} = metrics.topLabel(p, labels);
  const mean = rng.normals(EXAMPLES);
  const std = rng.uniforms(EXAMPLES).map((u) => 0.5 + 1.5 * u);
  const targets = rng.normals(EXAMPLES);

  const works: Record<string, () => unknown> = {
    'accuracy float64': () => metrics.accuracy(p, labels),
    'negativeLogLikelihood float64': () => metrics.negativeLogLikelihood(p, labels),
    'brierScore float64': () => metrics.brierScore(p, labels),
    'predictiveEntropy float64': () => metrics.predictiveEntropy(p),
    'calibrationError float64': () => metrics.calibrationError(p, labels),
    'calibrationError equal-mass float64': () => metrics.calibrationError(p, labels, {binning: 'equal-mass'}),
    'calibrationError classwise float64': () => metrics.calibrationError(p, labels, {kind: 'classwise'}),
    'accuracy float32': () => metrics.accuracy(p32, labels),
    'negativeLogLikelihood float32': () => metrics.negativeLogLikelihood(p32, labels),
    'brierScore float32': () => metrics.brierScore(p32, labels),
    'predictiveEntropy float32': () => metrics.predictiveEntropy(p32),
    'calibrationError float32': () => metrics.calibrationError(p32, labels),
    auroc: () => metrics.auroc(confidence, correct),
    averagePrecision: () => metrics.averagePrecision(confidence, correct),
    fprAtTpr: () => metrics.fprAtTpr(confidence, correct),
    areaUnderRiskCoverage: () => metrics.areaUnderRiskCoverage(confidence, correct),
    rootMeanSquaredError: () => metrics.rootMeanSquaredError(mean, targets),
    gaussianNegativeLogLikelihood: () => metrics.gaussianNegativeLogLikelihood(mean, std, targets),
    crpsGaussian: () => metrics.crpsGaussian(mean, std, targets),
    intervalCoverage: () => metrics.intervalCoverage(mean, std, targets),
  };
  const times = medianTimes(7, Object.values(works));
  return Object.keys(works).map((name, i) => {
    const row = {name, ours: times[i] as number, unit: 'ms' as const};
    const reference = peers[name];
    return reference === undefined ? row : {...row, reference, note: 'NumPy; target 1.0'};
  });
}

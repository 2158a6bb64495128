import {stat} from 'node:fs/promises';
import {evaluatePredictions} from '../../src/evaluation/evaluate-predictions.ts';
import type {Evaluation} from '../../src/evaluation/evaluation.ts';
import type {JudgeOptions as EvaluationJudgeOptions} from '../../src/evaluation/judge-options.ts';
import {entropyParts} from '../../src/metrics/index.ts';
import {joinArrays} from '../read/concatenate.ts';
import type {Labelled, Predictions} from '../read/predictions.ts';
import {predictionBatches, type ReadOptions, readLabelled} from '../read/read-predictions.ts';
import {average} from '../scores/losses.ts';
import {type ScoreStream, type Scores, scoreStream} from '../scores/score-stream.ts';
import {evenRows} from './even-rows.ts';

const LARGE = 2 ** 24;

/** A file with its scores. */
export interface Judged extends Scores {
  readonly name: string;
  readonly path: string;
  readonly truth: Float64Array;
  /** Scores with curves, of kinds that have them. */
  readonly evaluation?: Evaluation;
  /** Whether it was read as a stream, which gives fewer scores. */
  readonly streamed: boolean;
  /** How many rows the curves come from, where they are not all. */
  readonly pictured?: number;
}

/** What is to be found out of a file. */
type Judgement = EvaluationJudgeOptions & {readonly bins: number};

/** How a file is judged. */
export interface JudgeOptions {
  readonly reading: ReadOptions;
  /** What is to be found out. */
  readonly asked: Judgement;
  /** Whether to read as a stream; by default where the file is large. */
  readonly stream: boolean;
}

/** Scores a file of predictions, all in memory where it is small. */
export async function judgeFile(path: string, name: string, {reading, asked, stream}: JudgeOptions): Promise<Judged> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (stream || size > LARGE) return judgeStream(path, name, reading, asked);
  const predictions = await readLabelled(path, reading);
  const {truth} = predictions;
  const streamed = false;
  const evaluation = withCurves(predictions, name, asked);
  if (evaluation !== undefined) {
    const {count, scores, standardErrors} = evaluation.test;
    return {
      name,
      path,
      truth,
      streamed,
      kind: evaluation.kind,
      count,
      scores: {...scores},
      standardErrors: {...standardErrors},
      evaluation,
    };
  }
  const scorer = scoreStream(predictions.kind, asked.bins);
  scorer.update(predictions);
  return {name, path, truth, streamed, ...scorer.result()};
}

async function judgeStream(path: string, name: string, reading: ReadOptions, asked: Judgement): Promise<Judged> {
  let scorer: ScoreStream | undefined;
  const truths: Float64Array[] = [];
  const spread = evenRows();
  for await (const batch of predictionBatches(path, reading, true)) {
    scorer ??= scoreStream(batch.kind, asked.bins);
    scorer.update(batch);
    truths.push(batch.truth);
    spread.add(batch);
  }
  const result = (scorer as ScoreStream).result();
  const part = spread.rows();
  const curves = withCurves(part, name, asked);
  return {
    name,
    path,
    truth: joinArrays(truths),
    streamed: true,
    ...result,
    ...(curves === undefined ? {} : {evaluation: withScores(curves, result)}),
    ...(part.rows === result.count ? {} : {pictured: part.rows}),
  };
}

/** An evaluation with curves, of the kinds that have them. */
function withCurves(predictions: Labelled<Predictions>, name: string, asked: Judgement): Evaluation | undefined {
  if (predictions.kind === 'regression') {
    const {mean, std, truth} = predictions;
    return evaluatePredictions({mean, std, targets: truth}, {name, ...asked});
  }
  if (predictions.kind !== 'classification') return undefined;
  const {probs, truth, members} = predictions;
  const evaluation = evaluatePredictions({probs, labels: truth}, {name, ...asked});
  if (members === undefined || members.shape[0] < 2) return evaluation;
  const {aleatoric, epistemic} = entropyParts(members);
  const entropies = {aleatoricEntropy: average(aleatoric), epistemicEntropy: average(epistemic)};
  return {...evaluation, test: {...evaluation.test, scores: {...evaluation.test.scores, ...entropies}}};
}

/** The curves of some rows with the scores of all; further scores and intervals, which would be of the some, are left out. */
function withScores(evaluation: Evaluation, {count, scores, standardErrors}: Scores): Evaluation {
  const {details: _details, intervals: _intervals, ...test} = evaluation.test;
  return {
    ...evaluation,
    test: {
      ...test,
      count,
      scores: {...test.scores, ...scores},
      standardErrors: {...test.standardErrors, ...standardErrors},
    },
  } as Evaluation;
}

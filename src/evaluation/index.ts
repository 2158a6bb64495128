export {compare, type PosteriorComparison} from './compare.ts';
export type {CompareOptions, ComparisonRow, ComparisonTable} from './comparison-table.ts';
export {type EvaluateOptions, evaluate} from './evaluate.ts';
export {
  type ClassPredictions,
  type EvaluatePredictionsOptions,
  evaluatePredictions,
  type GaussianPredictions,
} from './evaluate-predictions.ts';
export type {
  ClassificationEvaluation,
  ClassificationTest,
  Evaluation,
  OodDetection,
  OodResult,
  OodScore,
  Recalibrated,
  RegressionEvaluation,
  RegressionTest,
  ShiftResult,
} from './evaluation.ts';
export type {EvaluationData, LabelledSet, OodSet} from './evaluation-data.ts';
export {type FormatTableOptions, formatTable} from './format-table.ts';
export type {JudgeOptions} from './judge-options.ts';
export {meanRanks, type RankComparison} from './mean-ranks.ts';
export type {PairedDifference} from './paired-differences.ts';
export type {
  ClassifiedExample,
  FanExample,
  Histogram,
  RegressedExample,
  ReliabilityBin,
  RiskCoverage,
  Sparsification,
} from './plotted.ts';
export {formatScore, type ScoreInfo, scoreInfo} from './score-info.ts';
export type {
  ClassificationScores,
  ExampleLosses,
  RegressionScores,
  ScoreGroups,
  ScoreInterval,
  ScoreIntervals,
  StandardErrors,
} from './scores.ts';

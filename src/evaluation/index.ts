export {type ComparisonRow, type ComparisonTable, compare} from './compare.ts';
export {
  type EvaluateOptions,
  type EvaluationData,
  evaluate,
  type LabelledSet,
  type OodSet,
} from './evaluate.ts';
export {
  type ClassPredictions,
  type EvaluatePredictionsOptions,
  evaluatePredictions,
  type GaussianPredictions,
} from './evaluate-predictions.ts';
export type {
  ClassificationEvaluation,
  ClassificationScores,
  ClassificationTest,
  ClassifiedExample,
  Evaluation,
  Histogram,
  OodResult,
  OodScore,
  RegressedExample,
  RegressionEvaluation,
  RegressionScores,
  RegressionTest,
  ReliabilityBin,
  RiskCoverage,
  ShiftResult,
  StandardErrors,
} from './evaluation.ts';
export {type FormatTableOptions, formatTable} from './format-table.ts';
export {formatScore, type ScoreInfo, scoreInfo} from './score-info.ts';

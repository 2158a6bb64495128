import type {ClassificationEvaluation, Evaluation, RegressionEvaluation} from '../evaluation/index.ts';
import {bestPositions, formatScore} from '../evaluation/score-info.ts';

/** What the evaluations say, in a few plain sentences: the first thing on the page. */
export function verdict(evaluations: readonly Evaluation[]): string[] {
  const sentences = evaluations.length > 1 ? comparison(evaluations) : evaluations.flatMap(describe);
  return [...sentences, ...foreign(evaluations)];
}

function describe(evaluation: Evaluation): string[] {
  return evaluation.kind === 'classification' ? describeClassifier(evaluation) : describeRegression(evaluation);
}

function describeClassifier({name, test}: ClassificationEvaluation): string[] {
  const {accuracy, calibrationError} = test.scores;
  const kept = test.riskCoverage.coverage.findIndex((coverage) => coverage >= 0.8);
  const risk = test.riskCoverage.risk[kept];
  const error = formatScore('calibrationError', calibrationError);
  const points = `${(100 * Math.abs(test.overconfidence)).toFixed(1)} percentage points`;
  const direction =
    test.overconfidence > 0 ? `more sure than right, by ${points}` : `less sure than right, by ${points}`;
  const sentences = [
    `${name} is right on ${formatScore('accuracy', accuracy)} of ${test.count.toLocaleString('en')} test examples.`,
    `Its confidence is off by ${error} on average; over all it is ${direction}.`,
  ];
  if (risk !== undefined) {
    sentences.push(
      `Keeping only the most certain 80% of predictions, ${formatScore('accuracy', risk)} are wrong instead of ` +
        `${formatScore('accuracy', 1 - accuracy)}.`,
    );
  }
  return sentences;
}

function describeRegression({name, test}: RegressionEvaluation): string[] {
  const {rootMeanSquaredError, coverage90} = test.scores;
  const missing = coverage90 - 0.9;
  const chance = 2 * Math.sqrt((0.9 * 0.1) / test.count);
  const reading =
    Math.abs(missing) <= chance
      ? 'as good as its word'
      : missing < 0
        ? 'too few: its intervals are too narrow'
        : 'more than promised: its intervals are wider than need be';
  return [
    `${name} is off by ${formatScore('rootMeanSquaredError', rootMeanSquaredError)} (root mean square) on ` +
      `${test.count.toLocaleString('en')} test targets.`,
    `Its 90% intervals hold ${formatScore('coverage90', coverage90)} of the targets: ${reading}.`,
  ];
}

function comparison(evaluations: readonly Evaluation[]): string[] {
  const order = evaluations
    .map(({name, test}) => ({
      name,
      loss: test.scores.negativeLogLikelihood,
      error: test.standardErrors.negativeLogLikelihood,
    }))
    .sort((a, b) => a.loss - b.loss);
  const [first, second] = order;
  if (first === undefined || second === undefined) return [];
  const shown = (loss: number): string => formatScore('negativeLogLikelihood', loss);
  const difference = second.loss - first.loss;
  const spread = Math.hypot(first.error, second.error);
  const clear = Number.isFinite(difference) ? difference > 2 * spread : difference === Infinity;
  const sentences = [
    `By negative log-likelihood, which rewards being right and being honest about doubt at once, ${first.name} ` +
      `(${shown(first.loss)}) comes before ${second.name} (${shown(second.loss)}). ` +
      (clear
        ? 'The difference is more than twice its standard error.'
        : 'The difference is less than twice its standard error: too close to call on so few examples.'),
  ];
  const winners = (score: string): string | undefined => {
    const values = evaluations.map(({test}) => (test.scores as unknown as {[name: string]: number})[score]);
    const best = bestPositions(score, values);
    return best.length === 0 ? undefined : joinWords(best.map((i) => evaluations[i]?.name ?? ''));
  };
  const titles: ReadonlyArray<readonly [string, string]> = [
    ['accuracy', 'Most accurate'],
    ['calibrationError', 'Best calibrated'],
    ['rootMeanSquaredError', 'Smallest error'],
    ['coverage90', 'Most honest 90% intervals'],
  ];
  const list = titles.flatMap(([score, title]) => {
    const winner = winners(score);
    return winner === undefined ? [] : [`${title}: ${winner}.`];
  });
  return list.length === 0 ? sentences : [...sentences, list.join(' ')];
}

function foreign(evaluations: readonly Evaluation[]): string[] {
  const sets = [...new Set(evaluations.flatMap(({ood}) => ood.map(({name}) => name)))];
  return sets.flatMap((set) => {
    const [best] = evaluations
      .flatMap(({name, ood}) => ood.filter((result) => result.name === set).map(({auroc}) => ({name, auroc})))
      .sort((a, b) => b.auroc - a.auroc);
    if (best === undefined) return [];
    const chance = formatScore('auroc', best.auroc);
    return evaluations.length > 1
      ? [
          `${best.name} tells ${set} apart best: a foreign input looks less certain than a test input in ${chance} of pairs.`,
        ]
      : [`An input from ${set} looks less certain than a test input in ${chance} of pairs.`];
  });
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

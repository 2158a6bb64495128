import {detailInfos} from './detail-infos.ts';

/** How a score is to be read. */
export interface ScoreInfo {
  /** Short name for tables. */
  readonly label: string;
  /** One sentence in plain words. */
  readonly meaning: string;
  /** Which way is better; a number: the closer to it the better; `'neither'`: it describes, it does not judge. */
  readonly better: 'higher' | 'lower' | 'neither' | number;
  /** Shown as a percentage or as a plain number. */
  readonly format: 'percent' | 'number';
}

const infos: {readonly [name: string]: ScoreInfo} = {
  ...Object.fromEntries(
    Object.entries(detailInfos).map(([name, [label, better, format, meaning]]) => [
      name,
      {label, better, format, meaning},
    ]),
  ),
  accuracy: {
    label: 'Accuracy',
    meaning: 'How often the most probable class is the right one.',
    better: 'higher',
    format: 'percent',
  },
  negativeLogLikelihood: {
    label: 'Negative log-likelihood',
    meaning:
      'Surprise at the truth, in nats: small where the model is right and knows it, large where it is wrong and sure.',
    better: 'lower',
    format: 'number',
  },
  brierScore: {
    label: 'Brier score',
    meaning: 'Squared distance between the probabilities and what happened: 0 is perfect, 2 is sure and always wrong.',
    better: 'lower',
    format: 'number',
  },
  calibrationError: {
    label: 'Calibration error (ECE)',
    meaning: 'How far confidence is from accuracy: at 5%, a stated 90% is typically right 85% or 95% of the time.',
    better: 'lower',
    format: 'percent',
  },
  areaUnderRiskCoverage: {
    label: 'Area under risk-coverage',
    meaning: 'Mean error rate when the least certain predictions are handed to a person, over all shares handed over.',
    better: 'lower',
    format: 'percent',
  },
  entropy: {
    label: 'Mean entropy',
    meaning: 'How unsure the model is on average, in nats: 0 is always sure.',
    better: 'neither',
    format: 'number',
  },
  aleatoricEntropy: {
    label: 'of which noise (aleatoric)',
    meaning: 'The part of the doubt that lies in the data: more data would not remove it.',
    better: 'neither',
    format: 'number',
  },
  epistemicEntropy: {
    label: 'of which ignorance (epistemic)',
    meaning: 'The part of the doubt that more training data would remove.',
    better: 'neither',
    format: 'number',
  },
  rootMeanSquaredError: {
    label: 'Root mean squared error',
    meaning: 'Typical distance between the predicted mean and the target, in units of the target.',
    better: 'lower',
    format: 'number',
  },
  crps: {
    label: 'CRPS',
    meaning:
      'Distance between the predicted distribution and the target, in units of the target; rewards sharp and honest.',
    better: 'lower',
    format: 'number',
  },
  coverage50: coverage(50),
  coverage90: coverage(90),
  coverage95: coverage(95),
  width50: width(50),
  width90: width(90),
  width95: width(95),
  aleatoricVariance: {
    label: 'Variance that is noise (aleatoric)',
    meaning: 'The part of the predicted variance that lies in the data: more data would not remove it.',
    better: 'neither',
    format: 'number',
  },
  epistemicVariance: {
    label: 'Variance that is ignorance (epistemic)',
    meaning: 'The part of the predicted variance that more training data would remove.',
    better: 'neither',
    format: 'number',
  },
  auroc: {
    label: 'AUROC',
    meaning: 'Chance that a foreign input looks less certain than a test input: 50% is a coin toss.',
    better: 'higher',
    format: 'percent',
  },
  averagePrecision: {
    label: 'Average precision',
    meaning: 'How pure the alarms are, over all thresholds, with foreign inputs as the ones to find.',
    better: 'higher',
    format: 'percent',
  },
  fprAt95: {
    label: 'False alarms at 95% found',
    meaning: 'Share of test inputs flagged by the threshold that finds 95% of the foreign ones.',
    better: 'lower',
    format: 'percent',
  },
};

function coverage(level: number): ScoreInfo {
  return {
    label: `Coverage of ${level}% intervals`,
    meaning: `How many targets the interval holds; ${level}% is right.`,
    better: level / 100,
    format: 'percent',
  };
}

function width(level: number): ScoreInfo {
  return {
    label: `Width of ${level}% intervals`,
    meaning: 'Mean width, in units of the target; narrow is good only where coverage is right.',
    better: 'neither',
    format: 'number',
  };
}

/**
 * How the score of this name is to be read; an unknown name describes itself.
 *
 * @example
 * ```ts
 * import {scoreInfo} from 'tfjs-bayes';
 * const {label, better} = scoreInfo('brierScore');
 * console.log(label, better);   // Brier score, lower
 * ```
 */
export function scoreInfo(name: string): ScoreInfo {
  const info = Object.hasOwn(infos, name) ? infos[name] : undefined;
  return info ?? {label: name, meaning: '', better: 'neither', format: 'number'};
}

/**
 * A score as text: percentages with one decimal (two below 10%), other numbers with about three digits.
 *
 * @example
 * ```ts
 * import {formatScore} from 'tfjs-bayes';
 * console.log(formatScore('accuracy', 0.987), formatScore('negativeLogLikelihood', 0.0421));   // 98.7% 0.0421
 * ```
 */
export function formatScore(name: string, value: number): string {
  if (!Number.isFinite(value)) return value === Infinity ? '\u221e' : value === -Infinity ? '-\u221e' : 'n/a';
  if (scoreInfo(name).format === 'percent') {
    const percent = 100 * value;
    return `${percent.toFixed(Math.abs(percent) < 9.995 ? 2 : 1)}%`;
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2);
  return value.toFixed(size < 0.1 ? 4 : size < 10 ? 3 : size < 1000 ? 1 : 0);
}

/** Positions of the best of the values, more than one on a tie; none where the score does not judge or values are alike. */
export function bestPositions(name: string, values: ReadonlyArray<number | undefined>): number[] {
  const {better} = scoreInfo(name);
  if (better === 'neither') return [];
  const costs = values.map((value) => {
    if (value === undefined || Number.isNaN(value)) return Infinity;
    if (better === 'higher') return -value;
    return better === 'lower' ? value : Math.abs(value - better);
  });
  const shown = values.map((value) => (value === undefined ? '' : formatScore(name, value)));
  const least = Math.min(...costs);
  if (!Number.isFinite(least)) return [];
  const bestShown = new Set(shown.filter((_, i) => costs[i] === least));
  const best = shown.flatMap((text, i) => (bestShown.has(text) ? [i] : []));
  return best.length === values.length ? [] : best;
}

import {expect} from 'chai';
import fc from 'fast-check';
import {applyTemperature, fitTemperature} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {accuracy, negativeLogLikelihood} from '../../../src/metrics/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';

const nll = (logits: number[][], labels: number[], temperature: number) =>
  negativeLogLikelihood(applyTemperature(logits, temperature), labels);

/** Derivative of the negative log-likelihood with respect to 1/T, written out. */
function slope(logits: number[][], labels: number[], temperature: number): number {
  const {data, shape} = applyTemperature(logits, temperature);
  let sum = 0;
  logits.forEach((row, i) => {
    row.forEach((z, k) => {
      sum += ((data[i * shape[1] + k] ?? 0) - (k === labels[i] ? 1 : 0)) * z;
    });
  });
  return sum / logits.length;
}

/** Runs `work` and returns its value with the warnings that it gave. */
function withWarnings<T>(work: () => T): {value: T; warnings: string[]} {
  const warnings: string[] = [];
  const restore = onWarning((message) => warnings.push(message));
  try {
    return {value: work(), warnings};
  } finally {
    restore();
  }
}

/** Coarse enough that different logits give different probabilities at any temperature tried. */
const eighths = fc.integer({min: -64, max: 64}).map((v) => v / 8);

/** Logits with labels that are neither all right nor worse than chance, so that a minimum exists. */
const problems = fc
  .tuple(fc.integer({min: 2, max: 5}), fc.integer({min: 3, max: 30}))
  .chain(([k, n]) =>
    fc.array(fc.tuple(fc.array(eighths, {minLength: k, maxLength: k}), fc.integer({min: 0, max: k - 1})), {
      minLength: n,
      maxLength: n,
    }),
  )
  .map((rows) => ({logits: rows.map(([z]) => z), labels: rows.map(([, y]) => y)}))
  .filter(({logits, labels}) => slope(logits, labels, 100) < -1e-6 && slope(logits, labels, 0.01) > 1e-6);
const seeded = {seed: 17, numRuns: 150};

describe('fitTemperature', () => {
  it('golden value: two predictions of robustness_metrics', () => {
    const logits = [
      [0.2, 0.8],
      [0.3, 0.7],
    ].map((row) => row.map(Math.log));
    closeTo(1 / fitTemperature(logits, [1, 0]), 0.41777, {atol: 5e-6, rtol: 0});
  });

  it('closed form: one wrong in four equal predictions', () => {
    // softmax(z / T) = 3/4 where z / T = log 3.
    const logits = Array.from({length: 4}, () => [5, 0]);
    closeTo(fitTemperature(logits, [0, 0, 0, 1]), 5 / Math.log(3), {rtol: 1e-14});
  });

  it('finds a temperature far from 1 in either direction', () => {
    for (const z of [0.02, 0.5, 40, 700]) {
      const logits = [
        [z, 0],
        [z, 0],
        [0, z],
        [z, 0],
      ];
      closeTo(fitTemperature(logits, [0, 0, 1, 1]), z / Math.log(3), {rtol: 1e-13});
    }
  });

  it('recovers the temperature that labels were drawn at, in expectation', () => {
    // Every label of every row, repeated as often as softmax(logits / 2) says: the cross-entropy is least at T = 2.
    const logits: number[][] = [];
    const labels: number[] = [];
    for (const [a, b] of [
      [1, 3],
      [1, 4],
      [2, 7],
    ] as const) {
      // Two classes with odds b/a at temperature 2: logit difference 2 log(b/a).
      for (let i = 0; i < a + b; i++) {
        logits.push([0, 2 * Math.log(b / a)]);
        labels.push(i < a ? 0 : 1);
      }
    }
    closeTo(fitTemperature(logits, labels), 2, {rtol: 1e-13});
  });

  it('never raises the negative log-likelihood, has no slope left, and keeps the accuracy', () => {
    fc.assert(
      fc.property(problems, ({logits, labels}) => {
        const {value: temperature, warnings} = withWarnings(() => fitTemperature(logits, labels));
        expect(warnings).to.deep.equal([]);
        const best = nll(logits, labels, temperature);
        expect(best).to.be.at.most(nll(logits, labels, 1) * (1 + 1e-14));
        expect(best).to.be.at.most(nll(logits, labels, temperature * 1.01));
        expect(best).to.be.at.most(nll(logits, labels, temperature / 1.01));
        closeTo(slope(logits, labels, temperature), 0, {atol: 1e-12});
        expect(accuracy(applyTemperature(logits, temperature), labels)).to.equal(
          accuracy(applyTemperature(logits, 1), labels),
        );
      }),
      seeded,
    );
  });

  it('scales with the logits, and takes no notice of shifts, order and the form of the labels', () => {
    fc.assert(
      fc.property(problems, ({logits, labels}) => {
        const temperature = fitTemperature(logits, labels);
        const close = {rtol: 1e-9};
        closeTo(
          fitTemperature(
            logits.map((row) => row.map((z) => 2 * z)),
            labels,
          ),
          2 * temperature,
          close,
        );
        closeTo(
          fitTemperature(
            logits.map((row, i) => row.map((z) => z + i)),
            labels,
          ),
          temperature,
          close,
        );
        closeTo(fitTemperature([...logits].reverse(), [...labels].reverse()), temperature, close);
        const classes = logits[0]?.length ?? 0;
        const oneHot = labels.map((y) => Array.from({length: classes}, (_, k) => (k === y ? 1 : 0)));
        expect(fitTemperature({data: logits.flat(), shape: [logits.length, classes]}, oneHot)).to.equal(temperature);
      }),
      {...seeded, numRuns: 50},
    );
  });

  it('returns a bound with a warning where there is no minimum', () => {
    const right = withWarnings(() =>
      fitTemperature(
        [
          [3, 0],
          [0, 1],
        ],
        [0, 1],
      ),
    );
    expect(right.value).to.equal(1e-3);
    expect(right.warnings.join()).to.match(/^fitTemperature: .*every label has the largest logit/);
    const wrong = withWarnings(() =>
      fitTemperature(
        [
          [3, 0],
          [0, 1],
        ],
        [1, 0],
      ),
    );
    expect(wrong.value).to.equal(1e3);
    expect(wrong.warnings.join()).to.match(/logits say nothing about the labels/);
    expect(withWarnings(() => fitTemperature([[1, 1]], [0])).value).to.equal(1e3);
  });

  it('refuses what it cannot fit', () => {
    expect(() => fitTemperature([[1, Number.NaN]], [0])).to.throw(
      DataError,
      /fitTemperature: .*NaN in row 0, column 1/,
    );
    expect(() => fitTemperature([[1, -Infinity]], [0])).to.throw(DataError, /-Infinity/);
    expect(() => fitTemperature([[1, 2]], [2])).to.throw(DataError, /labels from 0 to 1, got 2/);
    expect(() => fitTemperature([[1, 2]], [0, 1, 0])).to.throw(ShapeError, /labels of length 1/);
  });
});

describe('applyTemperature', () => {
  it('is a softmax of scaled logits, safe at any size', () => {
    closeTo(applyTemperature([[2, 0]], 2).data, [1 / (1 + Math.exp(-1)), 1 / (1 + Math.E)], {rtol: 1e-15});
    const {data, shape} = applyTemperature(
      [
        [1000, 0, -1000],
        [0, 0, 0],
      ],
      1,
    );
    expect(shape).to.deep.equal([2, 3]);
    closeTo(data, [1, 0, 0, 1 / 3, 1 / 3, 1 / 3]);
  });

  it('refuses temperatures that are not positive and logits that are not finite', () => {
    for (const temperature of [0, -1, Number.NaN, Infinity]) {
      expect(() => applyTemperature([[1, 2]], temperature)).to.throw(ConfigError, /positive temperature/);
    }
    expect(() => applyTemperature([[1, Infinity]], 1)).to.throw(DataError, /Infinity in row 0, column 1/);
  });
});

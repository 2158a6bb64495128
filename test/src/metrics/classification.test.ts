import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {accuracy, brierScore, negativeLogLikelihood, predictiveEntropy, topLabel} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, flat, oneHot} from './fixtures.ts';

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Rows that sum to one, with labels, from bounded weights. */
const predictions = fc
  .tuple(fc.integer({min: 2, max: 5}), fc.integer({min: 1, max: 30}))
  .chain(([k, n]) =>
    fc.tuple(
      fc.array(fc.array(fc.double({min: 1e-3, max: 1, noNaN: true}), {minLength: k, maxLength: k}), {
        minLength: n,
        maxLength: n,
      }),
      fc.array(fc.integer({min: 0, max: k - 1}), {minLength: n, maxLength: n}),
    ),
  )
  .map(([weights, labels]) => ({
    probs: weights.map((row) => {
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((w) => w / sum);
    }),
    labels,
  }));
const seeded = {seed: 11, numRuns: 200};

describe('golden values of classification metrics', () => {
  it('accuracy', () => {
    expect(accuracy(F8.probs, F8.labels)).to.equal(0.625);
  });

  it('accuracy counts the first of equal probabilities as predicted', () => {
    expect(accuracy([[0.5, 0.5]], [0])).to.equal(1);
    expect(accuracy([[0.5, 0.5]], [1])).to.equal(0);
  });

  it('topLabel', () => {
    const {confidence, correct} = topLabel(F8.probs, F8.labels);
    closeTo(mean(confidence), 0.59875);
    expect(Array.from(correct)).to.deep.equal([1, 0, 1, 0, 1, 1, 0, 1]);
  });

  it('negative log-likelihood', () => {
    closeTo(negativeLogLikelihood(F8.probs, F8.labels), 0.7393629, {atol: 5e-8});
    const example = [
      [0.7, 0.3],
      [0.4, 0.6],
    ];
    closeTo(negativeLogLikelihood(example, [0, 1]), -(Math.log(0.7) + Math.log(0.6)) / 2);
    closeTo(negativeLogLikelihood(example, [0, 1]), 0.4338, {atol: 5e-5});
    closeTo(negativeLogLikelihood([[0.481, 0.519]], [1]), 0.6558514, {atol: 5e-8});
  });

  it('negative log-likelihood is infinite where the label had probability 0', () => {
    expect(negativeLogLikelihood([[1, 0]], [1])).to.equal(Infinity);
    expect(negativeLogLikelihood([[1, 0]], [0])).to.equal(0);
  });

  it('negative log-likelihood of the smallest and of nearly certain probabilities', () => {
    for (const p of [5e-324, 1e-310, 2 ** -1022, 1e-200, 1e-16, 0.3, 1 - 2 ** -20, 1 - 2 ** -50]) {
      closeTo(negativeLogLikelihood([[p, 1 - p]], [0]), -Math.log(p), {rtol: 1e-12});
    }
  });

  it('Brier score', () => {
    closeTo(
      brierScore(
        [
          [0.8, 0.2],
          [0.3, 0.7],
        ],
        [0, 1],
      ),
      0.13,
    );
    closeTo(
      brierScore(
        [
          [0.6, 0.3, 0.1],
          [0.2, 0.5, 0.3],
        ],
        [0, 2],
      ),
      0.52,
    );
    closeTo(brierScore(F8.probs, F8.labels), 0.431675);
    closeTo(
      brierScore(
        [
          [0.2, 0.8],
          [0.3, 0.7],
        ],
        [1, 0],
      ),
      0.53,
    );
    closeTo(brierScore([[0.729, 0.271]], [0]) / 2, 0.073441);
    expect(brierScore([[1 - 1e-12, 1e-12]], [0])).to.be.greaterThan(0);
  });

  it('predictive entropy', () => {
    closeTo(mean(predictiveEntropy(F8.probs)), 0.8654465, {atol: 5e-8});
    closeTo(
      predictiveEntropy([
        [0.7, 0.3],
        [0.4, 0.6],
        [0.5, 0.5],
      ]),
      [0.6108643020548935, 0.6730116670092565, Math.LN2],
      {rtol: 1e-14},
    );
    closeTo(predictiveEntropy([[0.2, 0.3, 0.5]]), 1.029653014, {atol: 5e-10});
    expect(Array.from(predictiveEntropy([[1, 0, 0]]))).to.deep.equal([0]);
  });
});

describe('predictive entropy against Math.log', () => {
  it('agrees from the smallest to the largest probabilities', () => {
    for (let k = 0; k <= 1100; k++) {
      const p = 2 ** -k * (k % 3 === 0 ? 1 : 0.77);
      const q = 1 - p;
      const exact = -(p > 0 ? p * Math.log(p) : 0) - (q > 0 ? q * (p < 0.5 ? Math.log1p(-p) : Math.log(q)) : 0);
      // The term of a probability near 1 is p - 1 to first order: an error of 3e-16 in it, absolute.
      closeTo(predictiveEntropy([[p, q]]), exact, {rtol: 1e-15, atol: 3e-16});
    }
  });
});

describe('log-probabilities and logits', () => {
  const log = F8.probs.map((row) => row.map(Math.log));
  const expected = negativeLogLikelihood(F8.probs, F8.labels);

  it('give the same negative log-likelihood', () => {
    closeTo(negativeLogLikelihood(log, F8.labels, {scale: 'log-probabilities'}), expected, {rtol: 1e-14});
    const shifted = log.map((row, i) => row.map((v) => v + 10 * i - 700));
    closeTo(negativeLogLikelihood(shifted, F8.labels, {scale: 'logits'}), expected, {rtol: 1e-13});
  });

  it('survive where probabilities underflow', () => {
    closeTo(negativeLogLikelihood([[800, 0]], [1], {scale: 'logits'}), 800);
    closeTo(negativeLogLikelihood([[-1e-300, -900]], [1], {scale: 'log-probabilities'}), 900);
    expect(negativeLogLikelihood([[0, -Infinity]], [0], {scale: 'log-probabilities'})).to.equal(0);
  });

  it('of an unknown name are refused', () => {
    expect(() => negativeLogLikelihood([[0.5, 0.5]], [0], {scale: 'log' as 'logits'})).to.throw(ConfigError, /scale/);
  });

  it('are checked', () => {
    expect(() => negativeLogLikelihood([[0.5, 0.5]], [0], {scale: 'log-probabilities'})).to.throw(
      DataError,
      /scale: 'logits'/,
    );
    expect(() => negativeLogLikelihood([[Number.NaN, 0]], [0], {scale: 'logits'})).to.throw(DataError, /row 0/);
    expect(() => negativeLogLikelihood([[Infinity, 0]], [0], {scale: 'logits'})).to.throw(DataError, /row 0/);
  });
});

const metrics = {accuracy, negativeLogLikelihood, brierScore};
for (const [name, metric] of Object.entries(metrics)) {
  describe(`${name}, whatever holds the numbers`, () => {
    const expected = metric(F8.probs, F8.labels);

    it('flat float64 data, plain flat arrays and one-hot labels agree exactly', () => {
      expect(metric(flat(F8.probs), F8.labels)).to.equal(expected);
      expect(metric({data: F8.probs.flat(), shape: [8, 3]}, Uint8Array.from(F8.labels))).to.equal(expected);
      expect(metric(F8.probs, oneHot(F8.labels, 3))).to.equal(expected);
      expect(metric(F8.probs, flat(oneHot(F8.labels, 3), 'float32'))).to.equal(expected);
      expect(
        metric(
          F8.probs.map((row) => Float64Array.from(row)),
          Float32Array.from(F8.labels),
        ),
      ).to.equal(expected);
    });

    it('float32 data agree to float32 precision', () => {
      closeTo(metric(flat(F8.probs, 'float32'), F8.labels), expected, {rtol: 1e-6});
    });

    it('a matrix of many blocks gives the mean over its parts', () => {
      const copies = 5000;
      const probs = Array.from({length: copies}, () => F8.probs).flat();
      const labels = Array.from({length: copies}, () => F8.labels).flat();
      closeTo(metric(probs, labels), expected, {rtol: 1e-12});
      closeTo(metric(flat(probs, 'float32'), labels), metric(flat(F8.probs, 'float32'), F8.labels), {rtol: 1e-12});
    });

    it('the order of the examples does not matter', () => {
      fc.assert(
        fc.property(predictions, ({probs, labels}) => {
          closeTo(metric([...probs].reverse(), [...labels].reverse()), metric(probs, labels), {rtol: 1e-13});
        }),
        seeded,
      );
    });

    it('refuses what is no prediction', () => {
      const y = [0, 1];
      expect(() => metric([], [])).to.throw(ShapeError, /expected probs/);
      expect(() => metric({data: [], shape: [0, 3]}, [])).to.throw(DataError, /at least one example/);
      expect(() => metric([[0.5, 0.5], [1]], y)).to.throw(ShapeError, /row 1/);
      expect(() => metric({data: [0.5, 0.5, 1], shape: [2, 2]}, y)).to.throw(
        ShapeError,
        /shape \[2, 2\] and 3 numbers/,
      );
      expect(() =>
        metric(
          [
            [0.5, 0.5],
            [Number.NaN, 1],
          ],
          y,
        ),
      ).to.throw(DataError, /got NaN in row 1, column 0/);
      expect(() =>
        metric(
          [
            [0.5, 0.5],
            [1.5, -0.5],
          ],
          y,
        ),
      ).to.throw(DataError, /got -0.5 in row 1, column 1/);
      expect(() =>
        metric(
          [
            [0.5, 0.5],
            [2, 1],
          ],
          y,
        ),
      ).to.throw(DataError, /sum to 1 within 0.001, got 3 in row 1/);
      expect(() =>
        metric(
          [
            [0.5, 0.5],
            [Infinity, 0],
          ],
          y,
        ),
      ).to.throw(DataError, /got Infinity in row 1/);
      const vector = [0.5, 0.5] as unknown as number[][];
      expect(() => metric(vector, y)).to.throw(ShapeError, /flat array of length 2/);
    });

    it('accepts the rounding of a float32 softmax', () => {
      expect(metric([[0.5004, 0.5004]], [0])).to.be.a('number');
    });

    it('refuses labels that do not fit', () => {
      const probs = [
        [0.5, 0.5],
        [0.2, 0.8],
      ];
      expect(() => metric(probs, [0])).to.throw(ShapeError, /labels of length 2.*got length 1/);
      expect(() => metric(probs, [0, 2])).to.throw(DataError, /from 0 to 1, got 2 at index 1/);
      expect(() => metric(probs, [0, -100])).to.throw(DataError, /got -100 at index 1/);
      expect(() => metric(probs, [0, 0.5])).to.throw(DataError, /got 0.5/);
      expect(() => metric(probs, [0, Number.NaN])).to.throw(DataError, /got NaN/);
      expect(() => metric(probs, Int32Array.of(0, 7))).to.throw(DataError, /got 7/);
      expect(() => metric(probs, [1, 0, 0, 1])).to.throw(ShapeError, /one-hot/);
      expect(() => metric(probs, [[0], [1]])).to.throw(ShapeError, /got shape \[2, 1\]/);
      expect(() =>
        metric(probs, [
          [0.5, 0.5],
          [1, 0],
        ]),
      ).to.throw(DataError, /row 0/);
      expect(() =>
        metric(probs, [
          [1, 1],
          [1, 0],
        ]),
      ).to.throw(DataError, /row 0/);
    });

    it('names itself in its errors', () => {
      expect(() => metric([[0.5, 0.6]], [0])).to.throw(DataError, new RegExp(`^${name}: expected`));
    });
  });
}

describe('ranges of classification metrics', () => {
  it('hold for any prediction', () => {
    fc.assert(
      fc.property(predictions, ({probs, labels}) => {
        const classes = probs[0]?.length ?? 0;
        expect(accuracy(probs, labels)).to.be.within(0, 1);
        expect(brierScore(probs, labels)).to.be.within(0, 2);
        expect(negativeLogLikelihood(probs, labels)).to.be.at.least(0);
        for (const h of predictiveEntropy(probs)) expect(h).to.be.within(0, Math.log(classes) + 1e-12);
      }),
      seeded,
    );
  });
});

import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {
  compare,
  type Evaluation,
  evaluatePredictions,
  formatScore,
  formatTable,
  scoreInfo,
} from '../../../src/evaluation/index.ts';
import {bestPositions} from '../../../src/evaluation/score-info.ts';

const labels = [0, 1, 1, 0];
const good = evaluatePredictions(
  {
    probs: [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.3, 0.7],
      [0.9, 0.1],
    ],
    labels,
  },
  {name: 'good'},
);
const bad = evaluatePredictions(
  {
    probs: [
      [0.4, 0.6],
      [0.4, 0.6],
      [0.5, 0.5],
      [0.9, 0.1],
    ],
    labels,
  },
  {name: 'bad|net'},
);

describe('compare', () => {
  it('lines up the scores of all models and marks the best', () => {
    const {columns, rows} = compare([bad, good]);
    expect(columns).to.deep.equal(['bad|net', 'good']);
    const row = (name: string) => rows.find((candidate) => candidate.name === name);
    expect(row('accuracy')).to.deep.include({values: [0.5, 1], shown: ['50.0%', '100.0%'], best: [1]});
    expect(row('negativeLogLikelihood')?.best).to.deep.equal([1]);
    expect(row('entropy')?.best).to.deep.equal([]);
  });

  it('lists shifted and foreign sets under their names, with gaps where a model was not judged', () => {
    const shifted: Evaluation = {
      ...good,
      shifts: [{name: 'blur', level: 3, count: 4, scores: bad.test.scores}],
      ood: [
        {
          name: 'noise',
          count: 2,
          score: 'entropy',
          auroc: 0.75,
          averagePrecision: 0.5,
          fprAt95: 0.25,
          edges: [0, 1],
          testCounts: [4],
          oodCounts: [2],
        },
      ],
    };
    const {rows} = compare([bad, shifted]);
    const row = (name: string) => rows.find((candidate) => candidate.name === name);
    expect(row('blur 3: accuracy')).to.deep.include({
      label: 'blur 3: Accuracy',
      shown: ['-', '50.0%'],
      values: [undefined, 0.5],
    });
    expect(row('noise: auroc')?.shown).to.deep.equal(['-', '75.0%']);
    expect(row('noise: fprAt95')?.label).to.equal('noise: False alarms at 95% found');
  });

  it('explains every score that an evaluation can hold', () => {
    const numbers = evaluatePredictions({mean: [1], std: [1], targets: [1]});
    const names = [...Object.keys(good.test.scores), ...Object.keys(numbers.test.scores)];
    for (const name of [...names, 'aleatoricEntropy', 'epistemicEntropy', 'aleatoricVariance', 'epistemicVariance']) {
      expect(scoreInfo(name).meaning, name).to.match(/^[A-Z].*\.$/);
    }
  });

  it('refuses what cannot stand in one table', () => {
    expect(() => compare([])).to.throw(ConfigError, /at least one/);
    expect(() => compare([good, good])).to.throw(ConfigError, /'good' twice/);
    const numbers = evaluatePredictions({mean: [1], std: [1], targets: [1]});
    expect(() => compare([good, numbers])).to.throw(ConfigError, /one kind/);
  });
});

describe('bestPositions', () => {
  it('knows which way is better', () => {
    expect(bestPositions('accuracy', [0.5, 0.9])).to.deep.equal([1]);
    expect(bestPositions('brierScore', [0.5, 0.9])).to.deep.equal([0]);
    expect(bestPositions('coverage90', [0.97, 0.85, 0.5])).to.deep.equal([1]);
    expect(bestPositions('width90', [1, 2])).to.deep.equal([]);
  });

  it('takes values that read alike for alike, and none for best where all are', () => {
    expect(bestPositions('accuracy', [0.90001, 0.90002, 0.5])).to.deep.equal([0, 1]);
    expect(bestPositions('accuracy', [0.9, 0.9])).to.deep.equal([]);
    expect(bestPositions('crps', [Number.NaN, undefined, 2])).to.deep.equal([2]);
    expect(bestPositions('negativeLogLikelihood', [Infinity, Infinity])).to.deep.equal([]);
  });
});

describe('formatScore', () => {
  it('shows about three digits', () => {
    const shown = [0, 0.01234, 0.5, 3.2159, 27.18, 1234.5, 1e7, 3e-6, Infinity, Number.NaN].map((v) =>
      formatScore('crps', v),
    );
    expect(shown).to.deep.equal([
      '0.0000',
      '0.0123',
      '0.500',
      '3.216',
      '27.2',
      '1235',
      '1.00e+7',
      '3.00e-6',
      '∞',
      'n/a',
    ]);
    expect([0.0123, 0.5, 1].map((v) => formatScore('accuracy', v))).to.deep.equal(['1.23%', '50.0%', '100.0%']);
  });
});

describe('formatTable', () => {
  it('aligns plain text', () => {
    const lines = formatTable(compare([bad, good])).split('\n');
    expect(lines[0]).to.match(/^Score +bad\|net +good$/);
    expect(lines[1]).to.match(/^-+ {2}-+ {2}-+$/);
    expect(lines[2]).to.match(/^Accuracy +50\.0% +100\.0% \*$/);
    const ends = lines.slice(2).map((line) => line.search(/\d(?=[%]? {2})/));
    expect(new Set(lines.slice(2).map((line) => line.indexOf('50.0%') >= 0 || line.length > 0)).size).to.equal(1);
    expect(Math.min(...ends)).to.be.above(0);
  });

  it('writes Markdown with the best in bold and bars escaped', () => {
    const lines = formatTable(compare([bad, good]), {style: 'markdown'}).split('\n');
    expect(lines[0]).to.match(/^\| Score +\| +bad\\\|net \| +good \|$/);
    expect(lines[1]).to.match(/^\| -+ \| -+: \| -+: \|$/);
    expect(lines[2]).to.match(/^\| Accuracy +\| +50\.0% \| +\*\*100\.0%\*\* \|$/);
    expect(new Set(lines.map((line) => line.length)).size).to.equal(1);
  });
});

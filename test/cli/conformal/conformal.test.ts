import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {conformalQuantile, conformityScores} from '../../../src/calibration/index.ts';
import {closeTo} from '../../support/close.ts';
import {classCsv, cli, numberCsv, temporaryFolder} from '../command.ts';

describe('tfjs-bayes conformal', () => {
  const folder = temporaryFolder();
  const json = async (...args: string[]) => {
    const {status, out, err} = await cli('conformal', ...args, '--json');
    expect(status, err).to.equal(0);
    return JSON.parse(out);
  };

  it('covers as often as asked, by every method for classes', async () => {
    const fit = await folder.put('fit.csv', classCsv(1000, {sharpness: 3}));
    const apply = await folder.put('apply.csv', classCsv(1000, {sharpness: 3, seed: 1}));
    // Four standard errors: binomial for the test rows, and the same again for the calibration rows.
    const slack = 4 * Math.sqrt((2 * 0.2 * 0.8) / 1000);
    for (const method of ['lac', 'aps', 'raps', 'saps', 'margin']) {
      const random = /aps/.test(method) ? ['--seed', '3'] : [];
      const {scores, level} = await json(
        '--fit',
        fit,
        '--apply',
        apply,
        '--alpha',
        '0.2',
        '--method',
        method,
        ...random,
      );
      expect(level).to.equal(0.8);
      expect(scores.coverage, method).to.be.within(0.8 - slack, 0.8 + slack);
    }
    const {threshold} = await json('--fit', fit, '--apply', apply, '--by', 'class');
    expect(threshold).to.have.length(3);
    expect((await json('--fit', fit, '--apply', apply, '--by', 'cluster')).threshold).to.have.length(3);
  });

  it('writes the sets with the names of classes', async () => {
    const rows = classCsv(100)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));
    const [cat, bare] = [
      await folder.put('fit.csv', classCsv(100).replace('p0,p1,p2', 'cat,dog,bird')),
      'cat,dog,bird\n0.98,0.01,0.01\n0.34,0.33,0.33\n',
    ];
    const apply = await folder.put('apply.csv', bare);
    const out = join(folder.path, 'sets.csv');
    const {threshold, scores} = await json('--fit', cat, '--apply', apply, '--classes', 'cat,dog,bird', '--out', out);
    const expected = conformalQuantile(
      conformityScores(
        rows.map((row) => row.slice(0, 3)),
        rows.map((row) => row[3] as number),
      ),
    );
    closeTo(threshold, expected);
    expect(scores).to.deep.equal({meanSize: 2});
    expect(await readFile(out, 'utf8')).to.equal('set,size\ncat,1\ncat dog bird,3\n');
  });

  it('makes intervals that cover, for Gaussian predictions, mixtures and quantiles', async () => {
    const make = (seed: number) => {
      const lines = numberCsv(1000, {seed})
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').map(Number));
      const quantiles = lines.map(([m = 0, s = 0, y]) => [m - s, m + s / 9, m + s, y].join(','));
      const members = lines.map(([m = 0, s = 0, y]) => [m, s, m, s, y].join(','));
      return {
        gaussian: numberCsv(1000, {seed}),
        quantiles: `q0.1,q0.5,q0.9,target\n${quantiles.join('\n')}\n`,
        members: `m0_mean,m0_std,m1_mean,m1_std,target\n${members.join('\n')}\n`,
      };
    };
    const [held, fresh] = [make(0), make(1)];
    const slack = 4 * Math.sqrt((2 * 0.1 * 0.9) / 1000);
    const methods = {
      gaussian: ['normalized', 'absolute'],
      quantiles: ['cqr', 'cqr-width', 'cqr-median'],
      members: ['normalized'],
    };
    for (const [kind, names] of Object.entries(methods) as Array<[keyof typeof held, string[]]>) {
      const [fit, apply] = [await folder.put('fit.csv', held[kind]), await folder.put('apply.csv', fresh[kind])];
      for (const method of names) {
        const out = join(folder.path, 'out.csv');
        const {scores} = await json('--fit', fit, '--apply', apply, '--method', method, '--out', out);
        expect(scores.coverage, method).to.be.within(0.9 - slack, 0.9 + slack);
        const judged = JSON.parse((await cli('evaluate', out, '--json')).out)[0];
        closeTo(judged.scores.coverage90, scores.coverage);
        closeTo(judged.scores.width90, scores.meanWidth, {rtol: 1e-9});
      }
    }
  });

  it('says in words how it does, and where rows are too few', async () => {
    const fit = await folder.put('fit.csv', classCsv(5));
    const apply = await folder.put('apply.csv', classCsv(10, {seed: 1}));
    const {out} = await cli('conformal', '--fit', fit, '--apply', apply);
    expect(out).to.contain('lac at 90.0%, from 5 labelled rows, for 10 rows').and.contain('everything is always held');
    expect(out).to.match(/coverage reached: 100\.0%/);
  });

  it('refuses what does not go together', async () => {
    const classes = await folder.put('c.csv', classCsv(20));
    const numbers = await folder.put('n.csv', numberCsv(20));
    const two = await folder.put('two.csv', 'p0,p1,label\n0.5,0.5,1\n');
    const low = await folder.put('low.csv', 'q0.1,q0.2,target\n1,2,3\n');
    const other = await folder.put('other.csv', 'q0.1,q0.9,target\n1,2,3\n');
    for (const [args, words] of [
      [['--apply', two], /--fit: expected a file, got none/],
      [['--fit', two, '--apply', two], /other examples/],
      [['--fit', classes, '--apply', two], /as many classes in both files, got 3 and 2/],
      [['--fit', classes, '--apply', numbers], /quantiles in both files, got class probabilities and Gaussian/],
      [
        ['--fit', classes, '--apply', two, '--method', 'cqr'],
        /--method: expected lac, aps, raps, saps, margin for class/,
      ],
      [['--fit', classes, '--apply', two, '--alpha', '1'], /--alpha: expected a number between 0 and 1/],
      [['--fit', low, '--apply', other], /a lower and an upper quantile/],
      [['--fit', other, '--apply', low], /same levels in both files/],
      [['--fit', numbers, '--apply', other, '--by', 'class'], /--by and --seed with class probabilities/],
    ] as const) {
      const {status, out, err} = await cli('conformal', ...args);
      expect({status, out}, err).to.deep.equal({status: 2, out: ''});
      expect(err).to.match(words);
    }
  });
});

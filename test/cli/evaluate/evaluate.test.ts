import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {writeNpy, writeNpz} from '../../../src/data/index.ts';
import {crpsGaussianMixture, mixtureNegativeLogLikelihood} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {array, classCsv, cli, numberCsv, temporaryFolder} from '../command.ts';

describe('tfjs-bayes evaluate', () => {
  const folder = temporaryFolder();
  const judge = async (path: string, ...args: string[]) => {
    const {status, out, err} = await cli('evaluate', path, '--json', ...args);
    expect({status, err}).to.deep.equal({status: 0, err: ''});
    return JSON.parse(out)[0];
  };

  it('gives the same scores from a stream as from memory', async () => {
    for (const csv of [classCsv(22_000, {sharpness: 2}), numberCsv(22_000)]) {
      const path = await folder.put('a.csv', csv);
      const [whole, stream] = [await judge(path), await judge(path, '--stream')];
      expect(stream.count).to.equal(22_000);
      expect(Object.keys(stream.scores).sort()).to.deep.equal(Object.keys(whole.scores).sort());
      for (const name of Object.keys(whole.scores)) closeTo(stream.scores[name], whole.scores[name], {rtol: 1e-9});
      const names = Object.keys(whole.standardErrors);
      expect(names).to.not.have.length(0);
      for (const name of names) closeTo(stream.standardErrors[name], whole.standardErrors[name], {rtol: 1e-4});
    }
  });

  it('draws the page of a stream from rows that are evenly spread, and says so', async () => {
    const path = await folder.put('a.csv', classCsv(24_000));
    const html = join(folder.path, 'deep', 'page.html');
    const {status, err} = await cli('evaluate', path, '--stream', '--html', html, '--details');
    expect(status).to.equal(0);
    expect(err).to.match(/read as a stream: no further scores/);
    const page = await readFile(html, 'utf8');
    expect(page)
      .to.contain('the plots show 12,000 rows, evenly spread; the scores are of all.')
      .and.contain('24,000 test examples');
    expect(await readdir(join(folder.path, 'deep'))).to.deep.equal(['page.html']);
  });

  it('reads NPY with labels from a file of their own', async () => {
    const probs = await folder.put('p.npy', writeNpy(array([0.75, 0.25, 0.5, 0.5], 2, 2)));
    const logits = await folder.put('l.npy', writeNpy(array([Math.log(3), 0, 1, 1], 2, 2)));
    const expected = -Math.log(0.75 * 0.5) / 2;
    const labels = await folder.put('y.npy', writeNpy({data: Int32Array.of(0, 1), shape: [2]}));
    const csv = await folder.put('y.csv', 'id,label\n5,0\n6,1\n');
    closeTo((await judge(probs, '--labels', labels)).scores.negativeLogLikelihood, expected);
    closeTo((await judge(logits, '--labels', csv, '--scale', 'logits')).scores.negativeLogLikelihood, expected);
    const wrong = await folder.put('w.csv', 'a,b\n0,1\n');
    expect((await cli('evaluate', probs, '--labels', wrong)).err).to.match(
      /w\.csv: expected labels or targets, one per row, got a, b/,
    );
  });

  it('splits the doubt of members, and scores mixtures, draws and quantiles as they are', async () => {
    const members = 'm0_p0,m0_p1,m1_p0,m1_p1,label\n1,0,0,1,0\n';
    const {scores} = await judge(await folder.put('m.csv', members));
    closeTo([scores.entropy, scores.aleatoricEntropy, scores.epistemicEntropy], [Math.LN2, 0, Math.LN2], {atol: 1e-12});
    const [means, stds] = [
      [
        [0, 1],
        [4, 1],
      ],
      [
        [1, 1],
        [2, 1],
      ],
    ];
    const arrays = {
      member_mean: array(means.flat(), 2, 2),
      member_std: array(stds.flat(), 2, 2),
      target: array([1, 2]),
    };
    const mixture = await judge(await folder.put('x.npz', writeNpz(arrays)));
    expect(mixture.kind).to.equal('mixture');
    closeTo(mixture.scores.negativeLogLikelihood, mixtureNegativeLogLikelihood(means, stds, [1, 2]), {rtol: 1e-12});
    const byRow = (rows: number[][]): number[][] => [0, 1].map((i) => rows.map((row) => row[i] as number));
    closeTo(mixture.scores.crps, crpsGaussianMixture(byRow(means), byRow(stds), [1, 2]), {rtol: 1e-12});
    closeTo([mixture.scores.aleatoricVariance, mixture.scores.epistemicVariance], [(2.5 + 1) / 2, (4 + 0) / 2]);
    closeTo(mixture.scores.rootMeanSquaredError, Math.sqrt((1 + 1) / 2));
    const draws = await judge(await folder.put('d.csv', 'draw0,draw1,draw2,target\n0,1,2,1\n0,1,2,5\n'));
    closeTo(draws.scores.rootMeanSquaredError, Math.sqrt(16 / 2));
    closeTo(draws.scores.crps, (2 / 3 - 2 / 3 + (4 - 2 / 3)) / 2);
    const quantiles = await judge(await folder.put('q.csv', 'q0.05,q0.5,q0.95,target\n0,1,2,1\n0,1,2,5\n'));
    expect(quantiles.scores).to.include({coverage90: 0.5, width90: 2, absoluteError: 2});
    closeTo(quantiles.scores.pinballLoss, ((0.05 + 0.05) / 3 + (5 * 0.05 + 4 * 0.5 + 3 * 0.95) / 3) / 2);
    const page = await cli('evaluate', join(folder.path, 'q.csv'), '--html', join(folder.path, 'q.html'));
    expect(page.status).to.equal(2);
    expect(page.err).to.match(/probabilities, or mean and std, for a page with plots, got quantiles/);
  });

  it('puts kinds of numbers side by side, with a dash where one has no such score', async () => {
    const gaussian = await folder.put('g.csv', numberCsv(20));
    const rows = numberCsv(20)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const intervals = await folder.put(
      'i.csv',
      `lower,upper,target\n${rows.map(([mean, , y]) => `${Number(mean) - 1},${Number(mean) + 1},${y}`).join('\n')}\n`,
    );
    const {out} = await cli('evaluate', gaussian, intervals);
    expect(out)
      .to.match(/CRPS +\d\.\d+ +-/)
      .and.match(/Coverage of 90% intervals +\d+\.\d% +/)
      .and.match(/Pinball loss, mean over levels +- +\d/);
    expect(out).to.not.match(/CRPS.*\*/);
  });

  it('prints further scores, intervals, Markdown and CSV where asked', async () => {
    const path = await folder.put('a.csv', classCsv(60));
    expect((await judge(path)).details).to.equal(undefined);
    expect((await judge(path, '--details')).details).to.be.an('object');
    expect((await judge(path, '--intervals', 'bootstrap')).intervals.calibrationError).to.be.an('object');
    expect((await cli('evaluate', path, '--intervals', 'analytic')).out).to.match(/Accuracy +\d+\.\d% \[\d/);
    expect((await cli('evaluate', path, '--markdown')).out).to.match(/^\| Score/);
    expect((await cli('evaluate', path, '--csv')).out).to.match(/(^|\n)a,,accuracy,0\.\d+/);
    const {err} = await cli('evaluate', path, '--markdown', '--csv');
    expect(err).to.match(/one of --json, --markdown and --csv/);
  });

  it('shows progress where somebody looks, and clears it', async () => {
    const path = await folder.put('a.csv', classCsv(24_000));
    const {run} = await import('../../../cli/run.ts');
    const shown: string[] = [];
    const output = {
      print: () => shown.push('PRINTED'),
      complain: () => undefined,
      show: (text: string) => shown.push(text),
    };
    expect(await run(['evaluate', path, '--stream'], output)).to.equal(0);
    expect(shown[0]).to.match(/^reading .*a\.csv \d+%$/);
    expect(shown.slice(-2)).to.deep.equal(['', 'PRINTED']);
  });
});

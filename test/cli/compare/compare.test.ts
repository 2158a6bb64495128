import {expect} from 'chai';
import {comparePaired, exampleScores} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {classCsv, cli, numberCsv, temporaryFolder} from '../command.ts';

const read = (csv: string): {probs: number[][]; labels: number[]} => {
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  return {probs: rows.map((row) => row.slice(0, 3)), labels: rows.map((row) => row[3] as number)};
};

describe('tfjs-bayes compare', () => {
  const folder = temporaryFolder();

  it('gives the paired difference of each loss to the baseline, with ranks', async () => {
    const [a, b] = [classCsv(200), classCsv(200, {sharpness: 3})];
    const files = [await folder.put('a.csv', a), await folder.put('b.csv', b)];
    const {status, out, err} = await cli('compare', ...files, '--json', '--confidence', '0.9');
    expect({status, err}).to.deep.equal({status: 0, err: ''});
    const contests = JSON.parse(out);
    expect(contests.map(({loss}: {loss: string}) => loss)).to.deep.equal([
      'negativeLogLikelihood',
      'brierScore',
      'errorRate',
    ]);
    const [first, second] = [read(a), read(b)].map(({probs, labels}) => exampleScores(probs, labels));
    if (first === undefined || second === undefined) throw new Error('no scores');
    const {difference, pValue} = comparePaired(second, first, {level: 0.9});
    const [sure, vague] = [contests[0].models[1], contests[0].models[0]];
    closeTo(sure.difference.estimate, difference.estimate, {rtol: 1e-12});
    closeTo([sure.difference.low, sure.difference.high], [difference.low, difference.high], {rtol: 1e-12});
    closeTo(sure.difference.pValue, pValue, {rtol: 1e-9});
    expect(vague.difference).to.equal(undefined);
    const wins = first.filter((loss, i) => loss < (second[i] as number)).length;
    closeTo(vague.meanRank, (wins + 2 * (200 - wins)) / 200);
    // Between two models Nemenyi's test is the normal one: its quantile at 0.975.
    closeTo(contests[0].criticalDifference, 1.959963984540054 * Math.sqrt((2 * 3) / (6 * 200)), {rtol: 1e-9});
    const other = await cli('compare', ...files, '--json', '--baseline', files[1] as string, '--test', 'sign-flip');
    const [{models}] = JSON.parse(other.out);
    closeTo(models[0].difference.estimate, -difference.estimate, {rtol: 1e-12});
    expect(models[0].difference.test).to.equal('sign-flip');
  });

  it('prints text, Markdown and CSV', async () => {
    const files = [await folder.put('a.csv', classCsv(50)), await folder.put('b.csv', classCsv(50, {sharpness: 4}))];
    const {out} = await cli('compare', ...files);
    expect(out)
      .to.match(/Score +a +b/)
      .and.match(/- 95% interval +- .* to /)
      .and.match(/50 examples; .* 0\.28 or more apart/);
    expect((await cli('compare', ...files, '--markdown')).out).to.match(/\| - mean rank +\|/);
    const csv = (await cli('compare', ...files, '--csv')).out.split('\n');
    expect(csv[0]).to.equal('loss,model,mean,difference,low,high,p,meanRank,criticalDifference');
    expect(csv).to.have.length(7);
  });

  it('compares kinds that share losses, and says where none can be compared', async () => {
    const gaussian = await folder.put('g.csv', numberCsv(40));
    const rows = numberCsv(40)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));
    const draws = rows.map(([mean = 0, std = 0, target]) => [mean - std, mean, mean + std, target].join(','));
    const drawn = await folder.put('d.csv', `draw0,draw1,draw2,target\n${draws.join('\n')}\n`);
    const {out} = await cli('compare', gaussian, drawn, '--json');
    expect(JSON.parse(out).map(({loss}: {loss: string}) => loss)).to.deep.equal(['crps', 'squaredError']);
    const quantiles = await folder.put(
      'q.csv',
      `q0.5,target\n${rows.map(([mean, , target]) => `${mean},${target}`).join('\n')}\n`,
    );
    const none = await cli('compare', gaussian, quantiles);
    expect(none.status).to.equal(2);
    expect(none.err).to.contain('expected predictions with a loss in common');
    const infinite = await folder.put('i.csv', 'p0,p1,label\n1,0,1\n0.5,0.5,0\n');
    const finite = await folder.put('f.csv', 'p0,p1,label\n0.5,0.5,1\n0.5,0.5,0\n');
    const [log] = JSON.parse((await cli('compare', infinite, finite, '--json')).out);
    expect(log.models[0].mean).to.equal('Infinity');
    expect(log.models[1].difference).to.equal(undefined);
  });

  it('wants two files of one test set, and a baseline among them', async () => {
    const a = await folder.put('a.csv', classCsv(10));
    const b = await folder.put('b.csv', classCsv(10, {seed: 5}));
    for (const [args, words] of [
      [[a], /two files or more, got 1/],
      [[a, b], /same test set in the same order/],
      [[a, b, '--baseline', 'c.csv'], /--baseline: expected one of the files/],
      [[a, b, '--test', 'z'], /--test: expected paired-t or sign-flip/],
      [[a, b, '--csv', '--json'], /one of --json, --markdown and --csv/],
    ] as const) {
      const {status, err} = await cli('compare', ...args);
      expect(status).to.equal(2);
      expect(err).to.match(words);
    }
  });
});

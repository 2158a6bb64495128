import {execFile} from 'node:child_process';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {writeAtomically} from '../../cli/write-atomically.ts';
import {type NpyArray, writeNpy, writeNpz} from '../../src/data/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {closeTo} from '../support/close.ts';
import {array, cli, temporaryFolder} from './command.ts';

const classes = 'p0,p1,p2,label\n0.6,0.3,0.1,0\n0.2,0.5,0.3,2\n0.1,0.2,0.7,2\n0.45,0.35,0.2,1\n';
const gaussian = 'mean,std,target\n1,0.1,1.5\n2,0.5,3\n3,1,2\n';
describe('tfjs-bayes', () => {
  const folder = temporaryFolder();
  const {put} = folder;
  /** Evaluates one file that must be refused with exit status 2 and one line. */
  const refuse = async (content: string | Uint8Array, words: RegExp, name = 'bad.csv'): Promise<void> => {
    const path = await put(name, content);
    const {status, out, err} = await cli('evaluate', path, '--out', join(folder.path, 'out'));
    expect({status, out}, err).to.deep.equal({status: 2, out: ''});
    expect(err).to.match(words);
    expect(err.split('\n')).to.have.length(1);
    expect(err).to.contain(`tfjs-bayes: ${path}: `);
    expect(await readdir(folder.path)).to.deep.equal([name]);
    await rm(path);
  };

  it('writes a report and scores from class probabilities', async () => {
    const out = join(folder.path, 'deep', 'report');
    const {
      status,
      out: printed,
      err,
    } = await cli('evaluate', await put('net.csv', classes), '--out', out, '--title', 'My <net>');
    expect({status, err}).to.deep.equal({status: 0, err: ''});
    expect(printed)
      .to.match(/Accuracy +50\.0%/)
      .and.contain(join(out, 'report.html'));
    expect(await readdir(out)).to.have.members(['report.html', 'scores.json']);
    expect(await readFile(join(out, 'report.html'), 'utf8')).to.contain('<h1>My &lt;net&gt;</h1>');
    const [evaluation] = JSON.parse(await readFile(join(out, 'scores.json'), 'utf8'));
    expect(evaluation.name).to.equal('net');
    expect(evaluation.test.count).to.equal(4);
    closeTo(evaluation.test.scores.negativeLogLikelihood, -Math.log(0.6 * 0.3 * 0.7 * 0.35) / 4);
  });

  it('prints the numbers as JSON and nothing else', async () => {
    const {status, out} = await cli('evaluate', await put('net.csv', gaussian), '--json');
    expect(status).to.equal(0);
    const [{kind, count, scores}] = JSON.parse(out);
    expect([kind, count]).to.deep.equal(['regression', 3]);
    // Reference values of these three predictions from the literature's uncertainty toolbox.
    closeTo(scores.negativeLogLikelihood, 4.920361108686675, {rtol: 1e-12});
    closeTo(scores.crps, 0.59080610693, {rtol: 1e-10});
    closeTo(scores.rootMeanSquaredError, Math.sqrt((0.25 + 1 + 1) / 3));
    closeTo(scores.coverage90, 1 / 3);
    closeTo(scores.width90, 1.7545105, {rtol: 1e-7});
    expect(await readdir(folder.path)).to.deep.equal(['net.csv']);
  });

  it('writes an infinite score as text, so that the file stays JSON', async () => {
    const {out} = await cli('evaluate', await put('net.csv', 'p0,p1,label\n1,0,1\n0.5,0.5,0\n'), '--json');
    expect(JSON.parse(out)[0].scores.negativeLogLikelihood).to.equal('Infinity');
  });

  it('takes the bins of the calibration error', async () => {
    const path = await put('net.csv', 'p0,p1,label\n0.55,0.45,0\n0.95,0.05,1\n');
    const error = async (bins: string): Promise<number> =>
      JSON.parse((await cli('evaluate', path, '--json', '--bins', bins)).out)[0].scores.calibrationError;
    closeTo(await error('10'), (0.45 + 0.95) / 2);
    closeTo(await error('1'), 0.25);
  });

  it('compares several files and names models after them', async () => {
    await mkdir(join(folder.path, 'b'));
    const [a, b] = [await put('net.csv', classes), await put('b/net.csv', classes.replace('0.6,0.3', '0.8,0.1'))];
    const {status, out} = await cli('evaluate', a, b);
    expect(status).to.equal(0);
    expect(out.split('\n')[0]).to.contain(a).and.contain(b);
    expect(out).to.match(/Negative log-likelihood +\d\.\d+ +\d\.\d+ \*/);
    const other = await cli('evaluate', a, await put('net.txt', classes));
    expect(other.out.split('\n')[0]).to.match(/ net\.csv +net\.txt$/);
  });

  it('reads NPZ files: probabilities, logits, one-hot labels and Gaussian predictions', async () => {
    const probs = [0.7, 0.3, 0.4, 0.6];
    const nll = async (name: string, arrays: {[name: string]: NpyArray}): Promise<number> => {
      const {out, err} = await cli('evaluate', await put(name, writeNpz(arrays)), '--json');
      expect(err).to.equal('');
      return JSON.parse(out)[0].scores.negativeLogLikelihood;
    };
    const expected = -Math.log(0.7 * 0.6) / 2;
    closeTo(await nll('a.npz', {probs: array(probs, 2, 2), labels: array([0, 1])}), expected);
    const logits = probs.map((p) => Math.log(p) + 800);
    closeTo(await nll('b.npz', {logits: array(logits, 2, 2), labels: array([0, 1], 2, 1)}), expected, {rtol: 1e-11});
    closeTo(await nll('c.npz', {probs: array(probs, 2, 2), label: array([1, 0, 0, 1], 2, 2)}), expected);
    const arrays = {mean: array([1, 2], 2, 1), std: array([1, 1]), targets: array([1, 3])};
    closeTo(await nll('d.npz', arrays), 0.25 + Math.log(2 * Math.PI) / 2);
  });

  it('says on which line a CSV file is wrong', async () => {
    await refuse('p0,p1,label\n0.5,0.5,0\n0.5,nan,1\n', /line 3, column 'p1', got "nan"/);
    await refuse('p0,p1,label\n0.5,0.5,0\n\n0.5,0.6,1\n', /sum to 1 within 0.001, got 1.1 on line 4/);
    await refuse('p0,p1,label\n2,-1,0\n', /from 0 to 1, got 2 for class 0 on line 2. Are these percentages, or logits/);
    await refuse('p0,p1,label\n0.5,0.5,2\n', /label from 0 to 1, .* got 2 on line 2/);
    await refuse('p0,p1,label\n0.5,0.5,0.5\n', /label from 0 to 1, .* got 0.5 on line 2/);
    await refuse('mean,std,target\n1,0,1\n', /positive std, got 0 on line 2/);
    await refuse('mean,std,target\n1,-2,1\n', /positive std, got -2 on line 2/);
    await refuse('p0,p1,label\n0.5,0.5\n', /3 cells on line 2, got 2/);
  });

  it('says which columns it expected', async () => {
    await refuse('p0,p2,label\n0.5,0.5,0\n', /expected p0, p1, got no p1 and the unknown p2. Give p0/);
    await refuse('p0,p1\n0.5,0.5\n', /expected p0, p1, label, got no label/);
    await refuse('p0,p1,label,id\n0.5,0.5,0,7\n', /unknown id\. Leave it out with --ignore/);
    await refuse('p0,label\n0.5,0\n', /two or more classes, got \[1,1\]. For two classes give p0 and p1/);
    await refuse('p00,p1,label\n0.5,0.5,1\n', /no p0 and the unknown p00/);
    await refuse('p0,p999999999999,label\n0.5,0.5,1\n', /unknown p999999999999/);
    await refuse('a,b\n1,2\n', /names that say what they are, got a, b/);
    await refuse('mean,var,target\n1,1,1\n', /no std and the unknown var/);
    await refuse('p0,p1,label\n', /at least one row, got a header alone/);
    await refuse('', /empty file/);
    await refuse('0.5,0.5,1\n', /column names, got numbers/);
  });

  it('says which arrays of an NPZ file are wrong', async () => {
    const npz = (arrays: {[name: string]: NpyArray}, words: RegExp): Promise<void> =>
      refuse(writeNpz(arrays), words, 'bad.npz');
    const probs = array([0.5, 0.5, 0.5, 0.5], 2, 2);
    await npz({probs}, /expected probs, label, got no label/);
    await npz({probs, logits: probs, labels: array([0, 1])}, /expected one of probs, logits, got both/);
    await npz({probs, labels: array([0, 1, 1])}, /shape \[2\] or one-hot \[2, 2\], got \[3\]/);
    await npz({probs, labels: array([1, 1, 0, 1], 2, 2)}, /one-hot labels, got \[1,1\] in row 0/);
    await npz({probs, labels: array([0, -100])}, /label from 0 to 1, .* got -100 on row 1/);
    await npz({probs: array([0.5, 0.5]), labels: array([0, 1])}, /shape \[N, K\].* got \[2\]/);
    await npz({probs: array([0.5, Number.NaN, 0.5, 0.5], 2, 2), labels: array([0, 1])}, /got NaN for class 1 on row 0/);
    await npz(
      {logits: array([1, Infinity, 0, 0], 2, 2), labels: array([0, 1])},
      /finite logits, got Infinity in row 0/,
    );
    await npz({mean: array([1, 2]), std: array([1]), target: array([1, 2])}, /got std of shape \[1\]/);
    await npz({mean: array([1, Number.NaN]), std: array([1, 1]), target: array([1, 2])}, /got mean NaN on row 1/);
    await refuse(writeNpy(array([1, 2])), /expected probs, label, got no label\. .*--labels FILE/, 'bad.npy');
    await refuse(Uint8Array.of(0x50, 0x4b, 3, 4, 9), /NPZ/, 'bad.npz');
    await refuse(Uint8Array.of(0xff, 0xfe, 0x41), /UTF-8/, 'bad.bin');
  });

  it('refuses to compare models on different test sets', async () => {
    const a = await put('a.csv', classes);
    const complain = async (other: string): Promise<string> => {
      const {status, err} = await cli('evaluate', a, other);
      expect(status).to.equal(2);
      return err;
    };
    expect(await complain(await put('b.csv', gaussian))).to.contain('classes and numbers');
    expect(await complain(await put('c.csv', 'p0,p1,p2,label\n1,0,0,0\n'))).to.contain('got 4 and 1 rows');
    expect(await complain(await put('d.csv', classes.replace('0.3,2', '0.3,1')))).to.contain(
      'got 2 and 1 as the truth of example 1',
    );
    expect(await complain(a)).to.contain('a.csv twice');
  });

  it('leaves an old report as it was when the input is bad or the place cannot be written', async () => {
    const out = join(folder.path, 'report');
    await cli('evaluate', await put('net.csv', classes), '--out', out);
    const before = await readFile(join(out, 'report.html'), 'utf8');
    expect((await cli('evaluate', await put('bad.csv', 'p0,p1,label\n'), '--out', out)).status).to.equal(2);
    expect(await readFile(join(out, 'report.html'), 'utf8')).to.equal(before);
    await rm(join(out, 'scores.json'));
    await mkdir(join(out, 'scores.json'));
    const other = ['evaluate', join(folder.path, 'net.csv'), '--title', 'another', '--out'];
    const hidden = await cli(...other, out);
    expect(hidden.status).to.equal(2);
    expect(hidden.err).to.match(/--out: expected a file or nothing at .*scores\.json, got a folder/);
    expect(await readFile(join(out, 'report.html'), 'utf8')).to.equal(before);
    expect(await readdir(out)).to.have.members(['report.html', 'scores.json']);
    const blocked: string[] = [join(folder.path, 'net.csv'), join(folder.path, 'net.csv', 'deep', 'er')];
    for (const place of blocked) {
      expect(await cli(...other, place)).to.deep.include({
        status: 2,
        err: `tfjs-bayes: --out: expected a folder that can be written, got ${place} (part of the path is a file). Choose another.`,
      });
    }
  });

  it('gives up where the system lets nobody make a folder', async () => {
    const {status, err} = await cli('evaluate', await put('net.csv', classes), '--out', '/proc/tfjs-bayes/report');
    expect(status).to.equal(2);
    expect(err).to.match(/--out: expected a folder that can be written, got \/proc\/tfjs-bayes\/report/);
  });

  it('puts the first file back where the second cannot be put in its place', async () => {
    // Its temporary file can be written into .sub, but there is no sub to rename it into.
    const files = {'a.txt': 'new', 'sub/b.txt': 'new'};
    await mkdir(join(folder.path, '.sub'));
    const write = (): Promise<unknown> => writeAtomically(folder.path, files).catch((error: unknown) => error);
    expect(await write()).to.be.instanceOf(ConfigError);
    expect(await readdir(folder.path)).to.deep.equal(['.sub']);
    await writeFile(join(folder.path, 'a.txt'), 'old');
    expect(await write()).to.be.instanceOf(ConfigError);
    expect(await readFile(join(folder.path, 'a.txt'), 'utf8')).to.equal('old');
    expect(await readdir(folder.path)).to.have.members(['.sub', 'a.txt']);
    expect(await readdir(join(folder.path, '.sub'))).to.deep.equal([]);
    const fresh = join(folder.path, 'fresh', 'deep');
    await writeAtomically(fresh, {'a.txt': 'new', 'b.txt': 'newer'});
    expect(await readdir(fresh)).to.have.members(['a.txt', 'b.txt']);
    expect(await readFile(join(fresh, 'b.txt'), 'utf8')).to.equal('newer');
    expect(await writeAtomically(join(folder.path, 'unmade', 'deep'), {'x/y': ''}).catch(String)).to.contain('--out');
    expect(await readdir(folder.path)).to.have.members(['.sub', 'a.txt', 'fresh']);
  });

  it('says what is wrong with the path or the usage', async () => {
    const missing = await cli('evaluate', join(folder.path, 'none.csv'));
    expect(missing.status).to.equal(2);
    expect(missing.err).to.match(/none\.csv: expected a file, got nothing under that path/);
    expect((await cli('evaluate', folder.path)).err).to.contain('got a folder');
    const usage = async (words: RegExp, ...args: string[]): Promise<void> => {
      const {status, err, out} = await cli(...args);
      expect({status, out}).to.deep.equal({status: 2, out: ''});
      expect(err)
        .to.match(words)
        .and.match(/--help/);
    };
    await usage(/one of the commands evaluate, compare, calibrate, conformal, laplace, got none/);
    await usage(/one of the commands evaluate, .*, got 'judge'/, 'judge');
    await usage(/one or more files, got none/, 'evaluate');
    await usage(/integer from 1 to 1000/, 'evaluate', 'x.csv', '--bins', '0');
    await usage(/integer from 1 to 1000/, 'evaluate', 'x.csv', '--bins', '2.5');
    await usage(/: expected a known option, got '--colour'\. See/, 'evaluate', 'x.csv', '--colour', 'red');
    await usage(/: expected a value after --bins, got none; .*--bins=VALUE\. See/, 'evaluate', 'x.csv', '--bins', '-1');
    await usage(/: expected a value after --out, got none; /, 'evaluate', 'x.csv', '--out');
    await usage(/: expected --json without a value, got one\. See/, 'evaluate', 'x.csv', '--json=3');
    await usage(/--out: expected a value, got nothing/, 'evaluate', 'x.csv', '--out', '');
  });

  it('runs as a program', async () => {
    const main = new URL('../../cli/main.ts', import.meta.url).pathname;
    const start = (...args: string[]) => promisify(execFile)(process.execPath, ['--import', 'tsx', main, ...args]);
    const {version} = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await start('--version')).stdout).to.equal(`${version}\n`);
    const failed = await start('evaluate', join(folder.path, 'none.csv')).catch((error: unknown) => error);
    expect(failed).to.include({code: 2, stdout: ''});
    expect((failed as {stderr: string}).stderr).to.match(/^tfjs-bayes: .*none\.csv: expected a file.*\n$/);
  });
});

import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {createWriteStream} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {writeNpy} from '../../src/data/index.ts';
import {createRng} from '../../src/random/index.ts';

const [rows, classes] = [1_000_000, 10];
const megabytes = 500;

/** Peak memory of a run of the command in a process of its own, in megabytes. */
async function peak(...args: string[]): Promise<number> {
  const run = new URL('../../cli/run.ts', import.meta.url).href;
  const code =
    `const {run} = await import(${JSON.stringify(run)});` +
    'const status = await run(process.argv.slice(1), {print: () => {}, complain: console.error});' +
    'console.log(JSON.stringify({status, kilobytes: process.resourceUsage().maxRSS}));';
  const flags = [
    '--import',
    'tsx',
    '--conditions',
    '@tfjs-bayes/source',
    '--input-type',
    'module',
    '--eval',
    code,
    '--',
  ];
  const {stdout} = await promisify(execFile)(process.execPath, [...flags, ...args]);
  const {status, kilobytes} = JSON.parse(stdout);
  expect(status).to.equal(0);
  return kilobytes / 1024;
}

describe('tfjs-bayes on a million rows', function () {
  this.timeout(600_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-bayes-'));
    const uniforms = createRng(1);
    const probs = new Float32Array(rows * classes);
    const labels = new Int32Array(rows);
    const csv = createWriteStream(join(folder, 'a.csv'));
    csv.write(`${Array.from({length: classes}, (_, k) => `p${k}`).join()},label\n`);
    for (let first = 0; first < rows; first += 10_000) {
      const u = uniforms.uniforms(10_000 * classes);
      const lines = Array.from({length: 10_000}, (_, r) => {
        const row = u.subarray(r * classes, (r + 1) * classes);
        const sum = row.reduce((a, b) => a + b, 0);
        const p = row.map((value) => value / sum);
        probs.set(p, (first + r) * classes);
        labels[first + r] = r % classes;
        return `${Array.from(p, (value) => value.toFixed(7)).join()},${r % classes}`;
      });
      if (!csv.write(`${lines.join('\n')}\n`)) await once(csv, 'drain');
    }
    csv.end();
    await once(csv, 'close');
    await writeFile(join(folder, 'a.npy'), writeNpy({data: probs, shape: [rows, classes]}));
    await writeFile(join(folder, 'labels.npy'), writeNpy({data: labels, shape: [rows]}));
  });
  after(() => rm(folder, {recursive: true}));

  it('evaluates CSV, with a page too, and NPY in less than 500 MB', async () => {
    const csv = join(folder, 'a.csv');
    expect(await peak('evaluate', csv)).to.be.lessThan(megabytes);
    expect(await peak('evaluate', csv, '--html', join(folder, 'page.html'))).to.be.lessThan(megabytes);
    expect(await peak('evaluate', join(folder, 'a.npy'), '--labels', join(folder, 'labels.npy'))).to.be.lessThan(
      megabytes,
    );
  });

  it('compares in less than 500 MB', async () => {
    const labels = join(folder, 'labels.npy');
    await promisify(execFile)('cp', [join(folder, 'a.npy'), join(folder, 'b.npy')]);
    const files = [join(folder, 'a.npy'), join(folder, 'b.npy')];
    expect(await peak('compare', ...files, '--labels', labels)).to.be.lessThan(megabytes);
  });
});

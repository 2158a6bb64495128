import {execFile} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/examples');
const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
/** A row of `console.table` or of our own tables. */
const TABLE_ROW = /^\s*[│|].*[│|]\s*$/;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program as its readers do, but with the package's sources. */
function run(file: string): Promise<Ended> {
  const args = ['--import', 'tsx', '--conditions=@tfjs-bayes/source', join(folder, file)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, {cwd: root}, (error, stdout, stderr) => {
      resolve({code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr});
    });
  });
}

describe('the programs of docs/examples', () => {
  it('are there', () => {
    expect(files).to.include.members(['laplace-regression.ts', 'laplace-graph-model.ts']);
  });

  for (const file of files) {
    it(`${file} runs, prints its table and says what it shows`, async () => {
      const {code, stdout, stderr} = await run(file);
      expect(stderr.slice(-1000), 'stderr').to.equal('');
      expect(code).to.equal(0);
      const lines = stdout.split('\n');
      expect(lines.filter((line) => TABLE_ROW.test(line)).length, 'rows of the table').to.be.at.least(2);
      expect(
        lines.some((line) => /[a-z] .*\.$/.test(line)),
        'a sentence',
      ).to.equal(true);
      expect(stdout).to.not.match(/\bNaN\b|undefined/);
    });
  }
});

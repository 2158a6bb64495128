import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';

const root = join(import.meta.dirname, '../..');
const apps = join(root, 'docs/examples/apps');
/** As `npx tsx FILE` where the package is installed, with the package's sources. */
const tsx = ['--import', 'tsx', '--conditions=@tfjs-bayes/source'];

describe('the programs of docs/examples/apps that run in Node', function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tfjs-bayes-apps-'));
  });

  after(() => rmSync(folder, {recursive: true, force: true}));

  async function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const {stdout, stderr} = await promisify(execFile)(command, args, {cwd: root, env: {...process.env, ...env}});
    expect(stderr, 'stderr').to.equal('');
    return stdout;
  }

  it('node-script trains and saves, then loads and predicts with error bars', async () => {
    expect(await run(process.execPath, [...tsx, join(apps, 'node-script/train.ts'), folder])).to.contain(
      'Saved the net',
    );
    const shown = await run(process.execPath, [...tsx, join(apps, 'node-script/predict.ts'), folder]);
    const rows = [...shown.matchAll(/^│ \d+ +│(.*)│$/gm)].map(([, row = '']) => row.split('│').map(Number));
    expect(rows).to.have.length(8);
    for (const [, mean, sd = 0, epistemic = 0, noise = 0] of rows) {
      expect(mean).to.be.within(25, 350);
      expect(sd).to.be.closeTo(Math.hypot(epistemic, noise), 1);
      expect(Math.min(epistemic, noise)).to.be.above(5);
    }
    expect(Number(/^(\d) of 8 lie within/m.exec(shown)?.[1])).to.be.at.least(6);
  });

  it('command-line judges, calibrates and conforms', async () => {
    const command = [process.execPath, ...tsx, join(root, 'cli/main.ts')].join(' ');
    const shown = await run('sh', [join(apps, 'command-line/judge.sh'), folder], {TFJS_BAYES: command});
    expect(shown)
      .to.match(/Negative log-likelihood +0\.\d+/)
      .and.contain('the model was too sure');
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).to.contain('</html>');
    expect(readFileSync(join(folder, 'calibrated.csv'), 'utf8').split('\n')).to.have.length.above(200);
    expect(readFileSync(join(folder, 'sets.csv'), 'utf8').split('\n')).to.have.length.above(200);
  });

  it('hono answers over HTTP with probabilities and their doubt, and refuses what is no wine', async () => {
    const server = spawn(process.execPath, [...tsx, join(apps, 'hono/server.ts')], {
      cwd: root,
      env: {...process.env, PORT: '0'},
    });
    try {
      const url = await listening(server);
      const {features, classes} = await (await fetch(url)).json();
      expect(features).to.have.length(13);
      const usual = [13, 2, 2.4, 19, 100, 2.3, 2, 0.36, 1.6, 5, 0.96, 2.6, 750];
      const post = (body: unknown) => fetch(`${url}/predict`, {method: 'POST', body: JSON.stringify(body)});
      const [one, other] = await (await post({wines: [usual, usual.map((value) => 5 * value)]})).json();
      for (const {class: name, probabilities, epistemic, aleatoric} of [one, other]) {
        expect(name).to.be.oneOf(classes);
        expect(probabilities.reduce((sum: number, p: number) => sum + p)).to.be.closeTo(1, 1e-5);
        expect(Math.min(epistemic, aleatoric)).to.be.at.least(-1e-6);
      }
      expect(other.epistemic, 'where no wine is').to.be.above(0.05);
      const refused = await post({wines: [[1, 2]]});
      expect(refused.status).to.equal(400);
      expect((await refused.json()).error).to.contain('13 numbers');
    } finally {
      server.kill();
    }
  });
});

/** The address that a server prints once it listens. */
function listening(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer) => {
      said += String(text);
      const url = /http:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.on('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

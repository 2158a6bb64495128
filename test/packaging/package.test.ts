import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {publint} from 'publint';
import {formatMessage} from 'publint/utils';
import {type Installed, installed, root, run} from './installed.ts';

const bin = (name: string) => join(root, 'node_modules/.bin', name);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  exports: Record<string, string | Record<string, string>>;
};
const entries = Object.keys(manifest.exports).filter((key) => key !== './package.json');
const specifier = (entry: string) => `${manifest.name}${entry.slice(1)}`;

describe('the package, installed in an empty project', function () {
  this.timeout(300_000);
  let user: Installed;

  before(() => {
    user = installed();
  });

  it('passes publint without a remark', async () => {
    const {messages, pkg} = await publint({pkgDir: root, strict: true});
    expect(messages.map((message) => formatMessage(message, pkg))).to.deep.equal([]);
  });

  it('has types that resolve in every way in which ESM can be imported', () => {
    run(bin('attw'), [user.tarball, '--profile', 'esm-only'], user.folder);
  });

  it('holds what users need and nothing of the workshop', () => {
    const wanted = ['LICENSE', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/gotchas.md', 'package.json'];
    expect(user.files).to.include.members(wanted);
    const strangers = user.files.filter(
      (path) => !wanted.includes(path) && !/^(dist|src|ensembles|inference|laplace|layers|cli|docs)\//.test(path),
    );
    expect(strangers).to.deep.equal([]);
    expect(user.unpackedSize).to.be.below(12e6);
  });

  it('has source maps of all its code, to sources that it holds', () => {
    const files = new Set(user.files);
    const code = user.files.filter((path) => path.startsWith('dist/') && /\.(js|d\.ts)$/.test(path));
    expect(code).to.have.length.above(500);
    const faults = code.flatMap((path) => {
      if (!files.has(`${path}.map`)) return [`${path} has no map`];
      const {sources} = JSON.parse(readFileSync(join(root, `${path}.map`), 'utf8')) as {sources: string[]};
      const missing = sources.filter((source) => !files.has(join(dirname(path), source)));
      return missing.map((source) => `${path} comes from ${source}, which is not in the package`);
    });
    expect(faults).to.deep.equal([]);
  });

  it('brings no backend and runs no script on install', () => {
    expect(existsSync(join(user.folder, 'node_modules/@tensorflow/tfjs-core'))).to.equal(true);
    for (const name of ['@tensorflow/tfjs', '@tensorflow/tfjs-node', '@tensorflow/tfjs-backend-webgpu', 'webgpu']) {
      expect(existsSync(join(user.folder, 'node_modules', name)), name).to.equal(false);
    }
    const lock = JSON.parse(readFileSync(join(user.folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, {hasInstallScript?: boolean}>;
    };
    const scripted = Object.entries(lock.packages).filter(([, {hasInstallScript}]) => hasInstallScript === true);
    expect(scripted.map(([path]) => path)).to.deep.equal([]);
  });

  for (const entry of entries) {
    it(`imports ${specifier(entry)} in plain Node`, () => {
      const script = `console.log(Object.keys(await import('${specifier(entry)}')).length)`;
      const count = Number(run(process.execPath, ['--input-type=module', '-e', script], user.folder));
      expect(count).to.be.above(0);
    });
  }

  it('runs the command', () => {
    expect(run('npx', ['--no-install', 'tfjs-bayes', '--version'], user.folder).trim()).to.include(manifest.version);
    expect(run('npx', ['--no-install', 'tfjs-bayes', '--help'], user.folder)).to.include('evaluate');
  });

  it("compiles and runs a user's program", () => {
    const config = {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        types: [],
      },
      files: ['consumer.ts'],
    };
    writeFileSync(join(user.folder, 'tsconfig.json'), JSON.stringify(config));
    run(bin('tsc'), ['-p', '.'], user.folder);
    const result = JSON.parse(run(process.execPath, ['consumer.js'], user.folder)) as Record<string, unknown>;
    expect(result).to.include({drawn: 3, laplace: 'function'});
    expect(result.score).to.be.closeTo((2 * 0.2 ** 2 + 2 * 0.3 ** 2) / 2, 1e-12);
  });
});

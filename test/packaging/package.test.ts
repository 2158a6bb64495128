import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {build} from 'esbuild';
import {publint} from 'publint';
import {formatMessage} from 'publint/utils';
import {type Installed, install, root, run} from './installed.ts';

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
    user = install();
  });

  after(() => {
    if (user !== undefined) rmSync(user.folder, {recursive: true, force: true});
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

  async function bundle(name: string): Promise<string[]> {
    const {metafile} = await build({
      stdin: {contents: `export * from '${name}';`, resolveDir: user.folder},
      absWorkingDir: user.folder,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    return Object.keys(metafile.inputs);
  }

  it('bundles for the browser without anything of Node', async () => {
    // A built-in module of Node, or a package that is not there, is an error of the bundler.
    for (const entry of entries)
      expect(await bundle(specifier(entry))).to.satisfy((inputs: string[]) => inputs.length > 0);
  });

  it('keeps tfjs out of a bundle of the metrics alone', async () => {
    const inputs = await bundle(`${manifest.name}/metrics`);
    expect(inputs.filter((path) => path.includes('@tensorflow/'))).to.deep.equal([]);
    const others = inputs
      .map((path) => /node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(path)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(others)]).to.include(manifest.name);
  });
});

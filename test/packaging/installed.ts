import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Runs a command; its standard output, or an error that shows all it said. */
export function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, {cwd, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 26});
  } catch (error) {
    const {stdout, stderr} = error as {stdout?: string; stderr?: string};
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout ?? ''}\n${stderr ?? error}`);
  }
}

export interface Installed {
  /** The folder of the user's project. */
  readonly folder: string;
  readonly tarball: string;
  /** Files of the package, relative to it. */
  readonly files: readonly string[];
  readonly unpackedSize: number;
  /** What the package may be imported by. */
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** What `npm pack --json` says of a package. */
interface Packed {
  readonly filename: string;
  readonly files: ReadonlyArray<{readonly path: string}>;
  readonly unpackedSize: number;
}

let user: Installed | undefined;

/** The package, built, packed and installed with its peers in an empty project elsewhere: once for all tests, until they end. */
export function installed(): Installed {
  if (user === undefined) {
    const {folder} = (user = install());
    process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  }
  return user;
}

function install(): Installed {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tfjs-bayes-user-')));
  run('npm', ['run', '--silent', 'build'], root);
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = JSON.parse(run('npm', packing, root)) as [Packed];
  const tarball = join(folder, packed.filename);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name: 'user', private: true, type: 'module'}));
  const peers = ['tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu'].map((name) => `@tensorflow/${name}@4.22.0`);
  run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball, ...peers], folder);
  copyFileSync(join(import.meta.dirname, 'consumer.ts'), join(folder, 'consumer.ts'));
  const {exports} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Pick<Installed, 'exports'>;
  const files = packed.files.map(({path}) => path);
  return {folder, tarball, files, unpackedSize: packed.unpackedSize, exports};
}

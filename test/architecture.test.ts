import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet} from 'dependency-cruiser';

const root = join(import.meta.dirname, '..');
const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
  forbidden: NonNullable<IFlattenedRuleSet['forbidden']>;
  options: ICruiseOptions;
};

/** Broken rules as `rule: from -> to`. */
async function violations(baseDir: string, folders: string[]): Promise<string[]> {
  const {output} = await cruise(
    folders,
    {...config.options, baseDir, validate: true, ruleSet: {forbidden: config.forbidden}},
    config.options.enhancedResolveOptions,
  );
  return (output as ICruiseResult).summary.violations
    .map(({rule, from, to}) => `${rule.name}: ${from} -> ${to}`)
    .sort();
}

/** The broken rules of a house made of these files. */
async function violationsOf(files: Record<string, string>): Promise<string[]> {
  const house = mkdtempSync(join(tmpdir(), 'tfjs-bayes-house-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(house, name)), {recursive: true});
      writeFileSync(join(house, name), text);
    }
    return await violations(house, [...new Set(Object.keys(files).map((name) => name.split('/')[0] as string))]);
  } finally {
    rmSync(house, {recursive: true});
  }
}

describe('the floors of the house', () => {
  it('holds for this project', async () => {
    expect(
      await violations(root, ['src', 'ensembles', 'inference', 'laplace', 'layers', 'cli', 'playground', 'bench']),
    ).to.deep.equal([]);
  });

  it('allows the floors below, the own room, the ground and the index on top', async () => {
    const found = await violationsOf({
      'src/errors.ts': 'export const e = 1;',
      'src/special/erf.ts': "import {e} from '../errors.ts'; export const a = e;",
      'src/linalg/matrix.ts': "import {a} from '../special/erf.ts'; export const b = a;",
      'src/linalg/cholesky.ts': "import {b} from './matrix.ts'; export const c = b;",
      'src/posterior/posterior.ts': "import * as tf from '@tensorflow/tfjs-core'; export const d = tf;",
      'src/index.ts': "export * from './posterior/posterior.ts';",
      'laplace/kron.ts':
        "import {d} from '../src/posterior/posterior.ts'; import {c} from '../src/linalg/cholesky.ts'; export const k = [c, d];",
      'src/evaluation/evaluate.ts': "import {d} from '../posterior/posterior.ts'; export const f = d;",
      'bench/kron.ts':
        "import {k} from '../laplace/kron.ts'; import * as all from '../src/index.ts'; export const g = [k, all];",
    });
    expect(found).to.deep.equal([]);
  });

  const faults: Array<[title: string, files: Record<string, string>, broken: string]> = [
    [
      'an import up the floors',
      {
        'src/linalg/matrix.ts': "import {b} from '../metrics/brier.ts'; export const a = b;",
        'src/metrics/brier.ts': 'export const b = 1;',
      },
      'floor-of-linalg: src/linalg/matrix.ts -> src/metrics/brier.ts',
    ],
    [
      'an import up the floors of a type alone',
      {
        'src/models/net.ts': "import type {P} from '../posterior/posterior.ts'; export type Q = P;",
        'src/posterior/posterior.ts': 'export type P = number;',
      },
      'floor-of-models: src/models/net.ts -> src/posterior/posterior.ts',
    ],
    [
      'an import from another room of the same floor',
      {
        'src/random/rng.ts': "export {b} from '../linalg/matrix.ts';",
        'src/linalg/matrix.ts': 'export const b = 1;',
      },
      'floor-of-random: src/random/rng.ts -> src/linalg/matrix.ts',
    ],
    [
      'an import on demand up the floors',
      {
        'src/io/load.ts': "export const load = () => import('../report/page.ts');",
        'src/report/page.ts': 'export const b = 1;',
      },
      'floor-of-io: src/io/load.ts -> src/report/page.ts',
    ],
    [
      'a circle',
      {
        'src/linalg/a.ts': "import {b} from './b.ts'; export const a = () => b;",
        'src/linalg/b.ts': "import {a} from './a.ts'; export const b = () => a;",
      },
      'no-circle: src/linalg/a.ts -> src/linalg/b.ts',
    ],
    [
      'tfjs under plain numbers',
      {'src/metrics/brier.ts': "import * as tf from '@tensorflow/tfjs-core'; export const b = tf;"},
      'no-tfjs-under-plain-numbers: src/metrics/brier.ts -> @tensorflow/tfjs-core',
    ],
    [
      'tfjs under plain numbers through another room',
      {
        'src/diagnostics/ess.ts': "import {d} from '../models/net.ts'; export const b = d;",
        'src/models/net.ts': "import * as tf from '@tensorflow/tfjs-core'; export const d = tf;",
      },
      'no-tfjs-under-plain-numbers: src/diagnostics/ess.ts -> @tensorflow/tfjs-core',
    ],
    [
      'one family importing another',
      {
        'laplace/kron.ts': "import {s} from '../ensembles/swag.ts'; export const k = s;",
        'ensembles/swag.ts': 'export const s = 1;',
      },
      'floor-of-laplace: laplace/kron.ts -> ensembles/swag.ts',
    ],
    [
      'src importing a family',
      {'src/index.ts': "export {k} from '../laplace/kron.ts';", 'laplace/kron.ts': 'export const k = 1;'},
      'no-family-in-src: src/index.ts -> laplace/kron.ts',
    ],
    [
      'an evaluation that knows a family',
      {
        'src/evaluation/evaluate.ts': "import {k} from '../../laplace/kron.ts'; export const e = k;",
        'laplace/kron.ts': 'export const k = 1;',
      },
      'floor-of-evaluation: src/evaluation/evaluate.ts -> laplace/kron.ts',
    ],
    [
      'a room that imports the index',
      {
        'src/io/load.ts': "import * as all from '../index.ts'; export const l = all;",
        'src/index.ts': 'export const a = 1;',
      },
      'floor-of-io: src/io/load.ts -> src/index.ts',
    ],
    [
      'a ground that stands on something',
      {
        'src/errors.ts': "import {a} from './special/erf.ts'; export const e = a;",
        'src/special/erf.ts': 'export const a = 1;',
      },
      'ground-imports-nothing: src/errors.ts -> src/special/erf.ts',
    ],
    [
      'the package that pulls in every backend',
      {'laplace/kron.ts': "import * as tf from '@tensorflow/tfjs'; export const k = tf;"},
      'no-union-package: laplace/kron.ts -> @tensorflow/tfjs',
    ],
    [
      'a room without a floor',
      {'src/index.ts': "export {a} from './misc/a.ts';", 'src/misc/a.ts': 'export const a = 1;'},
      'every-room-has-a-floor-when-imported: src/index.ts -> src/misc/a.ts',
    ],
  ];
  for (const [title, files, broken] of faults) {
    it(`refuses ${title}`, async () => {
      expect(await violationsOf(files)).to.include(broken);
    });
  }
});

import {expect} from 'chai';
import {type Bundle, bundle} from './bundle.ts';
import {type Installed, installed, run} from './installed.ts';

/** Kilobytes that an import may weigh in a page, minified and gzipped, tfjs left out: at once, and when a call needs them. */
const BUDGETS: ReadonlyArray<{program: string; eager: number; lazy: number}> = [
  {program: "export * from 'tfjs-bayes'", eager: 140, lazy: 430},
  {program: "export * from 'tfjs-bayes/ensembles'", eager: 90, lazy: 0},
  {program: "export * from 'tfjs-bayes/inference'", eager: 95, lazy: 0},
  {program: "export * from 'tfjs-bayes/laplace'", eager: 70, lazy: 0},
  {program: "export * from 'tfjs-bayes/layers'", eager: 90, lazy: 0},
  {program: "export * from 'tfjs-bayes/metrics'", eager: 40, lazy: 0},
  // One name of many: what it does not need is left out.
  {program: "export {createRng} from 'tfjs-bayes'", eager: 2.5, lazy: 0},
  {program: "export {initBackend} from 'tfjs-bayes'", eager: 14, lazy: 0},
  {program: "export {evaluate} from 'tfjs-bayes'", eager: 60, lazy: 0},
  {program: "export {nuts} from 'tfjs-bayes/inference'", eager: 8, lazy: 0},
  {program: "export {brierScore} from 'tfjs-bayes/metrics'", eager: 3, lazy: 0},
];

/** Import hooks under which tfjs is not to be had. */
const WITHOUT_TFJS = `data:text/javascript,export const resolve = (name, context, next) => {
  if (name.startsWith('@tensorflow/')) throw new Error('asked for ' + name);
  return next(name, context);
}`;

describe('the weight of the package', function () {
  this.timeout(300_000);
  let user: Installed;

  before(() => {
    user = installed();
  });

  for (const {program, eager, lazy} of BUDGETS) {
    it(`${program}: at most ${eager} kB at once and ${lazy} kB later`, async () => {
      const weight = await bundle(user.folder, program);
      expect(weight.eager / 1000, 'kB at once').to.be.within(0.5, eager);
      expect(weight.lazy / 1000, 'kB later').to.be.at.most(lazy);
    });
  }

  it('has a budget for every entry', () => {
    const entries = Object.keys(user.exports).filter((entry) => entry !== './package.json');
    const programs = BUDGETS.map(({program}) => program);
    expect(programs).to.include.members(entries.map((entry) => `export * from 'tfjs-bayes${entry.slice(1)}'`));
  });

  describe('the metrics alone', () => {
    let metrics: Bundle;

    before(async () => {
      metrics = await bundle(user.folder, "export * from 'tfjs-bayes/metrics'");
    });

    it('are a graph of modules without tfjs, in which nothing but this package stands', () => {
      expect(metrics.tfjs).to.deep.equal([]);
      const packages = metrics.modules.map((path) => /node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? path);
      expect([...new Set(packages)].sort()).to.deep.equal(['<stdin>', 'tfjs-bayes']);
    });

    it('are imported where there is no tfjs, as no other entry is', () => {
      const counted = (entry: string) => {
        const hooks = `import {register} from 'node:module'; register(${JSON.stringify(WITHOUT_TFJS)});`;
        const script = `${hooks} console.log(Object.keys(await import('tfjs-bayes${entry}')).length)`;
        return Number(run(process.execPath, ['--input-type=module', '-e', script], user.folder));
      };
      expect(counted('/metrics')).to.be.above(20);
      expect(() => counted('')).to.throw('asked for @tensorflow/');
    });
  });
});

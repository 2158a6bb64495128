import {expect} from 'chai';
import {splitData} from '../../playground/data.ts';
import {METHODS, type MethodName} from '../../playground/methods.ts';
import {DEFAULTS, type Settings} from '../../playground/settings.ts';
import {predictView, score, shownInputs} from '../../playground/training/frame.ts';
import {createProblem} from '../../playground/training/problem.ts';
import {RECIPES} from '../../playground/training/recipes.ts';
import {initBackend} from '../../src/backend/index.ts';
import {onWarning} from '../../src/warn.ts';
import {expectNoLeak} from '../support/leaks.ts';

const numbers = {...DEFAULTS.numbers, points: 20, width: 4, steps: 2, samples: 2, members: 2};

/** Two steps of training, then what the page would show. */
async function twoSteps(settings: Settings) {
  const problem = createProblem(settings, splitData(settings.data, settings.numbers, settings.drawn));
  const training = RECIPES[settings.method](problem);
  const inputs = shownInputs(problem.task);
  await training.step();
  await training.step();
  const posterior = await training.posterior();
  const view = await predictView(posterior, inputs, settings.numbers.samples);
  const scores = await score(posterior, problem, settings.numbers.samples);
  posterior.dispose();
  training.dispose();
  problem.dispose();
  inputs.dispose();
  return {view, scores};
}

describe('playground: training', () => {
  let restore = (): void => {};
  before(async () => {
    await initBackend({prefer: 'wasm'});
    // So short a warm-up leaves HMC with divergent transitions, and it says so.
    restore = onWarning(() => {});
  });
  after(() => restore());

  for (const method of Object.keys(METHODS) as MethodName[]) {
    it(`${method}: shows classes and numbers and leaves no tensor`, async () => {
      await twoSteps({...DEFAULTS, method, numbers});
      await expectNoLeak(async () => {
        const {view, scores} = await twoSteps({...DEFAULTS, method, numbers});
        if (view.kind !== 'classes') throw new Error(`got ${view.kind}`);
        expect(view.probs).to.have.length(2 * 3600);
        expect(Number.isFinite(scores?.nll)).to.equal(true);
        expect(scores?.reliability).not.to.have.length(0);
        const doubt = view.epistemic.some((value) => value > 1e-6);
        expect(doubt, 'epistemic part').to.equal(method !== 'map' && method !== 'swag');
      });
      const {view, scores} = await twoSteps({...DEFAULTS, method, numbers, data: 'sine', noiseModel: 'learned'});
      if (view.kind !== 'numbers') throw new Error(`got ${view.kind}`);
      expect([...view.mean, ...view.total].every(Number.isFinite)).to.equal(true);
      expect(scores?.points).to.equal(400);
    });
  }

  it('tells a person who drew too little', () => {
    const settings: Settings = {...DEFAULTS, data: 'plane'};
    expect(() => createProblem(settings, splitData('plane', settings.numbers, []))).to.throw('four points');
  });

  it('learns the moons', async () => {
    const settings: Settings = {...DEFAULTS, numbers: {...numbers, points: 100, width: 8}};
    const problem = createProblem(settings, splitData('moons', settings.numbers, []));
    const training = RECIPES.map(problem);
    for (let i = 0; i < 120; i++) await training.step();
    const posterior = await training.posterior();
    const scores = await score(posterior, problem, 2);
    expect(scores?.error).to.be.greaterThan(0.85);
    training.dispose();
    problem.dispose();
  });
});

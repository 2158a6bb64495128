import {expect} from 'chai';
import {loadJudgement, type Outcome, runExperiment} from '../../cli/demo/experiment.ts';
import {medianEvaluations} from '../../cli/demo/median.ts';
import {initBackend} from '../../src/backend/index.ts';
import type {ClassificationEvaluation} from '../../src/evaluation/index.ts';

const SEEDS = [1, 2, 3, 4, 5];

describe('the demo on real digits, median of five seeds', function () {
  this.timeout(600_000);
  let map: ClassificationEvaluation;
  let scaled: ClassificationEvaluation;
  let laplace: ClassificationEvaluation;

  before(async () => {
    await initBackend({prefer: 'wasm'});
    const judgement = await loadJudgement();
    const outcomes: Outcome[] = [];
    for (const seed of SEEDS) outcomes.push(await runExperiment(judgement, seed, () => undefined));
    const medians = medianEvaluations(outcomes.map(({evaluations}) => evaluations));
    [map, scaled, laplace] = medians as [ClassificationEvaluation, ClassificationEvaluation, ClassificationEvaluation];
  });

  /** Mean over the angles of the medians over the seeds. */
  const rotated = ({shifts}: ClassificationEvaluation): number =>
    shifts.reduce((sum, {scores}) => sum + scores.negativeLogLikelihood, 0) / shifts.length;

  it('Laplace has a lower NLL on rotated digits than MAP and than temperature-scaled MAP', () => {
    expect(rotated(laplace)).to.be.below(rotated(map));
    expect(rotated(laplace)).to.be.below(rotated(scaled));
  });

  it('Laplace tells FashionMNIST from digits better than MAP, by AUROC of the predictive entropy', () => {
    expect(laplace.ood[0]?.auroc).to.be.above(map.ood[0]?.auroc as number);
  });

  it('Laplace keeps the test accuracy within 0.3 points', () => {
    expect(laplace.test.scores.accuracy).to.be.closeTo(map.test.scores.accuracy, 0.003);
    expect(map.test.scores.accuracy).to.be.above(0.93);
  });
});

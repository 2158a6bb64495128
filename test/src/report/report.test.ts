import {expect} from 'chai';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {
  type ClassificationEvaluation,
  evaluatePredictions,
  type RegressionEvaluation,
} from '../../../src/evaluation/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {imagesByCertainty, renderReport} from '../../../src/report/index.ts';

function classifier(name: string, sharpness: number, n = 300): ClassificationEvaluation {
  const rng = createRng(7).fork(name);
  const noise = rng.normals(3 * n);
  const labels = Array.from(rng.uniforms(n), (u) => Math.floor(3 * u));
  const probs = labels.map((label, i) => {
    const weights = [0, 1, 2].map((k) => Math.exp(sharpness * ((k === label ? 2 : 0) + (noise[3 * i + k] as number))));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  });
  const evaluation = evaluatePredictions({probs, labels}, {name});
  const {scores} = evaluation.test;
  return {
    ...evaluation,
    shifts: [
      {name: 'rotation', level: 30, count: n, scores},
      {name: 'rotation', level: 15, count: n, scores},
      {name: 'blur', count: n, scores},
    ],
    ood: [
      {
        name: 'noise',
        count: 10,
        score: 'entropy',
        auroc: 0.9,
        averagePrecision: 0.8,
        fprAt95: 0.3,
        edges: [0, 0.5, 1],
        testCounts: [9, 1],
        oodCounts: [2, 8],
      },
    ],
  };
}

function regression(name: string, std: number): RegressionEvaluation {
  const noise = createRng(3).normals(200);
  const mean = Array.from({length: 200}, (_, i) => i / 20);
  const targets = mean.map((value, i) => value + (noise[i] as number));
  return evaluatePredictions({mean, std: mean.map(() => std), targets}, {name});
}

/** Addresses in a page that a browser would ask a server for. */
function requests(page: string): string[] {
  const outside = page.match(/(?:src|href|action|data|poster)\s*=\s*["']?[^"'\s>]+|url\([^)]*\)|@import[^;]*/gi) ?? [];
  return outside.filter((address) => !address.startsWith('src="data:image/png;base64,'));
}

describe('renderReport', () => {
  it('makes one page of valid structure that asks no server and runs no script', async () => {
    const evaluations = [classifier('A', 1), classifier('B', 3)];
    const images = imagesByCertainty(evaluations[0] as ClassificationEvaluation, {
      pixels: new Float32Array(300 * 4).fill(0.5),
      width: 2,
      height: 2,
    });
    const page = await renderReport({title: 'T', description: 'D', evaluations, images, notes: ['N']});
    expect(page.startsWith('<!doctype html>')).to.equal(true);
    expect(requests(page)).to.deep.equal([]);
    expect(page).to.not.match(/<script|<link|<iframe|<object|\son\w+=|javascript:/i);
    expect(page).to.contain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
    expect(page).to.not.match(/\sid="/);
    for (const tag of [
      'section',
      'figure',
      'svg',
      'table',
      'tr',
      'td',
      'div',
      'p',
      'span',
      'main',
      'header',
      'footer',
    ]) {
      const opened = page.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length ?? 0;
      expect(page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0, tag).to.equal(opened);
    }
    expect(
      page.match(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]+" width="2" height="2" alt="[^"]+">/g),
    ).to.have.length(36);
    expect(page).to.contain('<p>N</p>').and.contain('<p class="lead">D</p>');
  });

  it('shows a plot of each kind for classifiers, each with its description', async () => {
    const page = await renderReport({title: 'T', evaluations: [classifier('A', 1), classifier('B', 3)]});
    const labels = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"/g)].map(([, label]) => label ?? '');
    expect(labels.filter((label) => /^Reliability diagram of [AB]/.test(label))).to.have.length(2);
    expect(labels.filter((label) => /^Risk-coverage curves of A, B/.test(label))).to.have.length(1);
    expect(labels.filter((label) => /by level of rotation$/.test(label))).to.have.length(3);
    expect(labels.filter((label) => /on each set$/.test(label))).to.have.length(3);
    expect(labels.filter((label) => /^Histograms of the score/.test(label))).to.have.length(2);
    expect(labels).to.have.length(11);
  });

  it('shows intervals, PIT and predictions against targets for regressions', async () => {
    const page = await renderReport({title: 'T', evaluations: [regression('A', 1), regression('B', 2)]});
    const labels = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"/g)].map(([, label]) => label ?? '');
    expect(labels).to.deep.equal([
      'Calibration of the central intervals of A, B',
      'Histogram of the probability integral transform of A',
      'Histogram of the probability integral transform of B',
      'Predictions of A against targets',
      'Predictions of B against targets',
      'Central 50% and 90% intervals of A, by predicted mean',
      'Central 50% and 90% intervals of B, by predicted mean',
      'Sparsification curves of A, B',
    ]);
    expect(page).to.contain('Coverage of 90% intervals');
  });

  it('shows ROC curves, what doubt is made of, what recalibration brings, and all further scores folded away', async () => {
    const parts = (a: number, e: number) => ({aleatoricEntropy: a, epistemicEntropy: e});
    const full = (name: string): ClassificationEvaluation => {
      const evaluation = classifier(name, 1);
      const {test, shifts, ood} = evaluation;
      const split = {...test, scores: {...test.scores, ...parts(0.4, 0.1)}};
      return {
        ...evaluation,
        test: split,
        shifts: shifts.map((shift) => ({...shift, scores: {...shift.scores, ...parts(0.4, 0.3)}})),
        ood: ood.map((result) => ({
          ...result,
          roc: {falsePositiveRate: [0, 0.2, 1], truePositiveRate: [0, 0.9, 1]},
          doubt: {aleatoric: 0.5, epistemic: 0.6},
        })),
        recalibrated: {
          method: 'temperature',
          calibration: {temperature: 2},
          test: {...split, scores: {...split.scores, calibrationError: 0.001}},
          shifts: [],
        },
      };
    };
    const page = await renderReport({title: 'T', evaluations: [full('A'), full('B')]});
    const labels = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"/g)].map(([, label]) => label ?? '');
    expect(labels).to.include('ROC curves of A, B for noise');
    expect(labels.filter((label) => /^Mean entropy \(nats\) of [AB] on each set/.test(label))).to.have.length(2);
    expect(page).to.contain('<h2>What does recalibration bring?</h2>').and.contain('<h3>A: temperature</h3>');
    expect(page.match(/<td class="best">0\.10%<span class="unseen"> \(better\)/g)).to.have.length(2);
    expect(page.match(/<details><summary>(Calibration|Proper scores|Selective prediction)<\/summary>/g)).to.have.length(
      3,
    );
    expect(page).to.contain('Smooth calibration error').and.contain('Mistakes found (AUROC)');
    // The main table stays short, with intervals.
    const main = /<table>.*?<\/table>/s.exec(page)?.[0] ?? '';
    expect(main.match(/<tr>/g)?.length).to.be.below(12);
    expect(main).to.match(/<small>\d\d\.\d% to \d\d\.\d%<\/small>/);
  });

  it('escapes every text from outside, in the plots too', async () => {
    const name = `<script>alert("x")</script>&'`;
    const evaluation = classifier(name, 1);
    const shifts = evaluation.shifts.map((shift) => ({...shift, name}));
    const ood = evaluation.ood.map((result) => ({...result, name}));
    const images = [{title: name, description: name, images: [{width: 1, height: 1, pixels: [0], caption: name}]}];
    const evaluations = [{...evaluation, shifts, ood}, classifier('B', 1)];
    const page = await renderReport({title: name, description: name, evaluations, images, notes: [name]});
    expect(page).to.not.contain('<script');
    expect(page.match(/&lt;script&gt;/g)?.length).to.be.above(15);
  });

  it('marks the better model and says so in words', async () => {
    const sharp = classifier('sharp', 1.5);
    const vague = classifier('vague', 0.2);
    const page = await renderReport({title: 'T', evaluations: [vague, sharp]});
    const row = /<th scope="row">Negative log-likelihood.*?<\/tr>/s.exec(page)?.[0] ?? '';
    const [first, second] = row.split('<td').slice(1);
    expect(first).to.not.contain('best');
    expect(second).to.contain('class="best"').and.contain('(best)');
    expect(page).to.match(/honest about doubt at once, sharp \(0\.\d+\) comes before vague \(/);
    expect(page).to.contain('more than twice its standard error');
  });

  it('says that a small difference is too close to call', async () => {
    const page = await renderReport({title: 'T', evaluations: [classifier('A', 1), classifier('B', 1.02)]});
    expect(page).to.contain('too close to call');
  });

  it('describes a single model without ranking it', async () => {
    const page = await renderReport({title: 'T', evaluations: [classifier('net', 1)]});
    expect(page).to.match(/net is right on \d+\.\d% of 300 test examples/);
    expect(page).to.match(/Its confidence is off by/);
    expect(page).to.match(/Keeping only the most certain 80% of predictions, \d+\.\d+% are wrong instead of/);
    expect(page).to.not.contain('class="best"');
    expect(await renderReport({title: 'T', evaluations: [regression('net', 0.4)]})).to.contain(
      'too few: its intervals are too narrow',
    );
    expect(await renderReport({title: 'T', evaluations: [regression('net', 3)]})).to.contain('wider than need be');
    expect(await renderReport({title: 'T', evaluations: [regression('net', 1)]})).to.contain('as good as its word');
  });

  it('gives the same page for the same input', async () => {
    const options = {title: 'T', evaluations: [classifier('A', 1)]};
    expect(await renderReport(options)).to.equal(await renderReport(options));
  });

  it('sets colours for light and for dark, and every plot uses them', async () => {
    const page = await renderReport({title: 'T', evaluations: [classifier('A', 1)]});
    expect(page).to.match(/prefers-color-scheme:dark\)\{:root\{--paper:#15181b/);
    for (const [svg] of page.matchAll(/<svg role="img".*?<\/svg>/gs)) {
      const fixed = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, value]) => value ?? '');
      expect(
        fixed.filter((value) => !/^(none|transparent|var\(--[a-z0-9-]+, #[0-9a-f]{6}\))$/.test(value)),
      ).to.deep.equal([]);
    }
  });

  it('refuses no evaluation, equal names and kinds that cannot be compared', async () => {
    const refuse = async (
      evaluations: Parameters<typeof renderReport>[0]['evaluations'],
      words: RegExp,
    ): Promise<void> => {
      const error = await renderReport({title: 'T', evaluations}).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(ConfigError);
      expect(String(error)).to.match(words);
    };
    await refuse([], /at least one evaluation, got none/);
    await refuse([classifier('A', 1), classifier('A', 2)], /'A' twice/);
    await refuse([classifier('A', 1), regression('B', 1)], /one kind/);
  });
});

describe('imagesByCertainty', () => {
  it('shows the pixels of the examples that it names', () => {
    const probs = [
      [0.9, 0.1],
      [0.45, 0.55],
      [0.2, 0.8],
      [0.7, 0.3],
    ];
    const evaluation = evaluatePredictions({probs, labels: [0, 1, 0, 0]}, {name: 'net', extremes: 2});
    const pixels = [0, 0, 0.25, 0.25, 0.5, 0.5, 1, 1];
    const groups = imagesByCertainty(evaluation, {pixels, width: 2, height: 1, classes: ['cat', 'dog']});
    expect(groups.map(({title}) => title)).to.deep.equal([
      'net: most certain',
      'net: least certain',
      'net: surest mistakes',
    ]);
    const seen = groups.map(({images}) => images.map(({caption, pixels}) => [caption, pixels[0]]));
    expect(seen).to.deep.equal([
      [
        ['cat at 90%', 0],
        ['dog at 80%, is cat', 127.5],
      ],
      [
        ['dog at 55%', 63.75],
        ['cat at 70%', 255],
      ],
      [['dog at 80%, is cat', 127.5]],
    ]);
  });

  it('leaves out a group without images and refuses too few pixels', () => {
    const evaluation = evaluatePredictions({probs: [[0.9, 0.1]], labels: [0]}, {name: 'net'});
    expect(imagesByCertainty(evaluation, {pixels: [1], width: 1, height: 1})).to.have.length(2);
    expect(() => imagesByCertainty(evaluation, {pixels: [1], width: 2, height: 1})).to.throw(
      ShapeError,
      /at least 1 images/,
    );
  });
});

import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {
  bernoulli,
  categorical,
  gaussian,
  type Likelihood,
  type LikelihoodChoice,
  likelihoodFromConfig,
  registerLikelihood,
  resolveLikelihood,
} from '../../../src/likelihoods/index.ts';

describe('resolveLikelihood', () => {
  it('takes names and their synonyms', () => {
    for (const [name, expected] of [
      ['categorical', 'categorical'],
      ['classification', 'categorical'],
      ['bernoulli', 'bernoulli'],
      ['gaussian', 'gaussian'],
      ['regression', 'gaussian'],
      ['poisson', 'poisson'],
      ['student-t', 'student-t'],
    ] as const) {
      expect(resolveLikelihood(name, 'linear', 'test').name).to.equal(expected);
    }
  });

  it('takes that of the head where none is named, and asks for one under a linear head', () => {
    expect(resolveLikelihood(undefined, 'softmax', 'test').name).to.equal('categorical');
    expect(resolveLikelihood(undefined, 'sigmoid', 'test').name).to.equal('bernoulli');
    expect(() => resolveLikelihood(undefined, 'linear', 'laplace')).to.throw(
      ConfigError,
      'laplace: expected likelihood to be named',
    );
  });

  it('refuses unknown names, listing those there are', () => {
    const call = () => resolveLikelihood('poison', 'linear', 'laplace');
    expect(call).to.throw(ConfigError, "one of 'categorical', 'bernoulli', 'gaussian'");
    expect(call).to.throw("got 'poison'");
  });

  it('refuses a likelihood of numbers for logits', () => {
    expect(() => resolveLikelihood('regression', 'softmax', 'laplace')).to.throw(ConfigError, 'ends in a softmax');
    expect(() => resolveLikelihood(gaussian(), 'sigmoid', 'laplace')).to.throw(ConfigError, 'ends in a sigmoid');
    expect(() => resolveLikelihood('bernoulli', 'softmax', 'laplace')).to.throw(ConfigError);
    expect(resolveLikelihood('categorical', 'softmax', 'laplace').name).to.equal('categorical');
  });

  it('passes an object through', () => {
    const own: Likelihood = {...categorical(), name: 'my own'};
    expect(resolveLikelihood(own, 'sigmoid', 'test')).to.equal(own);
    const noisy = gaussian({noiseScale: 3});
    expect(resolveLikelihood(noisy, 'linear', 'test')).to.equal(noisy);
  });
});

describe('resolveLikelihood, given what is no likelihood', () => {
  it('says what is missing', () => {
    const bad: [unknown, RegExp][] = [
      [{}, /^laplace: expected .* an object without prepareTargets, negLogProb, fisher, predictive\. Pass/],
      [{...categorical(), fisher: undefined}, /got an object without fisher\. /],
      [null, /got null/],
      [3, /got 3/],
    ];
    for (const [likelihood, message] of bad) {
      expect(() => resolveLikelihood(likelihood as LikelihoodChoice, 'linear', 'laplace')).to.throw(
        ConfigError,
        message,
      );
    }
  });
});

describe('likelihoodFromConfig', () => {
  it('rebuilds each likelihood', () => {
    for (const likelihood of [categorical(), bernoulli(), gaussian({noiseScale: 0.3})]) {
      const config = JSON.parse(JSON.stringify(likelihood.getConfig()));
      expect(likelihoodFromConfig(config).getConfig()).to.deep.equal(likelihood.getConfig());
    }
  });

  it('finds registered ones, and says how to register', () => {
    expect(() => likelihoodFromConfig({name: 'halved'})).to.throw(ConfigError, 'registerLikelihood(name, fromConfig)');
    registerLikelihood('halved', ({scale = 2}) => ({...gaussian({noiseScale: (scale as number) / 2}), name: 'halved'}));
    expect(likelihoodFromConfig({name: 'halved', scale: 3}).noiseScale).to.equal(1.5);
    expect(resolveLikelihood('halved', 'linear', 'test').name).to.equal('halved');
  });

  it('refuses to replace a built-in one, and numbers that are missing', () => {
    expect(() => registerLikelihood('gaussian', () => gaussian())).to.throw(ConfigError, 'built in');
    expect(() => registerLikelihood('regression', () => gaussian())).to.throw(ConfigError, 'built in');
    expect(() => likelihoodFromConfig({name: 'gaussian', noiseScale: 'loud'})).to.throw(ConfigError, 'got loud');
  });
});

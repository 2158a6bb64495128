import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {cyclical, entropyMcmc, sghmc, sgld, sgnht, structuredSgmcmc} from '../../../ensembles/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';

describe('sghmc with scale adaptation', () => {
  it('preconditions by averages over a time of their own (Springenberg et al., 2016), which it then keeps', async () => {
    const slopes = [2, -1, 3, 0.5, 4];
    const [learningRate, friction, adaptSteps] = [0.01, 0.4, 4];
    let [tau, mean, squares, momentum, weight] = [1, 0, (slopes[0] as number) ** 2, 0, 0];
    for (const [step, slope] of slopes.entries()) {
      if (step < adaptSteps) {
        const share = 1 / (tau + 1);
        mean += share * (slope - mean);
        squares += share * (slope ** 2 - squares);
        tau = tau + 1 - (tau * mean ** 2) / squares;
      }
      momentum = (1 - friction) * momentum - (learningRate * slope) / (Math.sqrt(squares) + 1e-5);
      weight += momentum;
    }
    const variable = tf.variable(tf.zeros([1]));
    const given = {trainSize: 7, priorPrecision: 0, temperature: 0, adaptation: 'springenberg'} as const;
    const optimizer = sghmc(learningRate, {...given, friction, adaptSteps});
    for (const slope of slopes)
      optimizer.minimize(() => tf.sum(tf.mul(variable, slope)) as tf.Scalar, false, [variable]);
    closeTo(await variable.data(), [weight], {rtol: 1e-5});
    optimizer.dispose();
    variable.dispose();
  });
});

describe('cyclical', () => {
  it('explores without noise, then samples, with a cosine in each cycle', () => {
    const {learningRate, temperature} = cyclical({learningRate: 0.2, cycleSteps: 50, temperature: 0.5});
    closeTo([0, 25, 50, 75].map(learningRate), [0.2, 0.1, 0.2, 0.1], {rtol: 1e-12});
    expect(learningRate(49)).to.be.below(0.001);
    expect([0, 44, 45, 49, 50, 94, 95].map(temperature)).to.deep.equal([0, 0, 0.5, 0.5, 0, 0, 0.5]);
  });
});

describe('samplers', () => {
  it('tell their numbers', () => {
    const shared = {trainSize: 5, priorPrecision: 2};
    const cycle = cyclical({learningRate: 0.2, cycleSteps: 50});
    const config = {...shared, learningRate: 0.2, temperature: 0, friction: 1, adaptation: 'rmsprop', adaptSteps: 3};
    const {temperature, learningRate} = cycle;
    expect(sgld(learningRate, {...shared, temperature, adaptSteps: 3}).getConfig()).to.include(config);
    expect(sgnht(0.1, shared).getConfig()).to.include({learningRate: 0.1, temperature: 1, thermostatRate: 0.001});
    expect(entropyMcmc(1e-3, shared).getConfig()).to.include({anchorVariance: 4e-4});
    expect(structuredSgmcmc(0.1, {...shared, keep: 0.5}).getConfig()).to.include({
      blocks: 'layer',
      keep: 0.5,
      memory: 20,
    });
  });

  it('refuse options out of range', () => {
    expect(() => cyclical({learningRate: 0.1, cycleSteps: 10, samplingPart: 0})).to.throw(ConfigError, 'samplingPart');
    expect(() => cyclical({learningRate: -1, cycleSteps: 10})).to.throw(ConfigError, 'learningRate');
    expect(() => sgld(0, {trainSize: 5})).to.throw(ConfigError, 'sgld: expected learningRate');
    expect(() => sgld(0.1, {trainSize: 0})).to.throw(ConfigError, 'trainSize');
    expect(() => sgld(0.1, {trainSize: 5, temperature: -1})).to.throw(ConfigError, 'temperature');
    expect(() => sgld(0.1, {trainSize: 5, priorPrecision: -1})).to.throw(ConfigError, 'priorPrecision');
    expect(() => sghmc(0.1, {trainSize: 5, friction: 0})).to.throw(ConfigError, 'sghmc: expected friction');
    expect(() => sghmc(0.1, {trainSize: 5, subtractGradientNoise: true})).to.throw(ConfigError, 'adaptSteps');
    expect(() => sghmc(0.1, {trainSize: 5, adaptation: 'adam' as 'rmsprop'})).to.throw(ConfigError, 'adaptation');
    expect(() => sgnht(0.1, {trainSize: 5, thermostatRate: 0})).to.throw(ConfigError, 'thermostatRate');
    expect(() => sgnht(0.1, {trainSize: 5, friction: 2})).to.throw(ConfigError, 'sgnht: expected friction');
    expect(() => entropyMcmc(0.1, {trainSize: 5, anchorVariance: 0.02})).to.throw(ConfigError, 'overshoot');
    expect(() => entropyMcmc(0.1, {trainSize: 500, anchorVariance: 0})).to.throw(ConfigError, 'anchorVariance');
  });
});

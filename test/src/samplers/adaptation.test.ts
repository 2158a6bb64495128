import {expect} from 'chai';
import {createRng} from '../../../src/random/index.ts';
import {
  addToVariance,
  dualAveraging,
  startDualAveraging,
  startVariance,
  varianceOf,
} from '../../../src/samplers/index.ts';
import {closeTo} from '../../support/close.ts';

describe('dual averaging', () => {
  it('finds the step whose acceptance is the target', () => {
    let state = startDualAveraging(1);
    const acceptance = (step: number) => Math.exp(-step); // 0.8 at 0.2231
    for (let i = 0; i < 1000; i++) state = dualAveraging(state, acceptance(Math.exp(state.logStep)), 0.8);
    closeTo(Math.exp(state.logAverage), -Math.log(0.8), {rtol: 0.02});
  });
});

describe('running variance', () => {
  it('is the variance of the whole', () => {
    const values = createRng(41).normals(50);
    let state = startVariance(1);
    expect(varianceOf(state)).to.equal(undefined);
    for (const value of values) state = addToVariance(state, [1e6 + value]);
    const mean = values.reduce((sum, value) => sum + value, 0) / 50;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 49;
    closeTo(varianceOf(state)?.[0] ?? 0, variance, {rtol: 1e-8});
  });
});

import {expect} from 'chai';
import {initBackend} from '../../src/backend/index.ts';
import {largestTensorOfLastLayer} from '../support/many-classes.ts';

describe('laplace, kron, of a last layer with 512 features and 1000 classes', () => {
  before(async () => {
    await initBackend();
  });

  it('makes no matrix of classes for each example', async () => {
    expect(await largestTensorOfLastLayer('kron', 1000)).to.be.at.most(4 * 1000 ** 2);
  });
});

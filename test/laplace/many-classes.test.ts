import {expect} from 'chai';
import {initBackend} from '../../src/backend/index.ts';
import {largestTensorOfLastLayer} from '../support/many-classes.ts';

describe('laplace of a last layer with 512 features and many classes', () => {
  before(async () => {
    await initBackend();
  });

  for (const [structure, classes] of [
    ['diag', 1000],
    ['kron', 250],
  ] as const) {
    it(`makes no matrix of classes for each example: ${structure}, ${classes} classes`, async () => {
      expect(await largestTensorOfLastLayer(structure, classes)).to.be.at.most(Math.max(4 * classes ** 2, 512 ** 2));
    });
  }
});

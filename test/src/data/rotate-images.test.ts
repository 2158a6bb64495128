import {expect} from 'chai';
import {rotateImages} from '../../../src/data/index.ts';
import {closeTo} from '../../support/close.ts';

describe('rotateImages', () => {
  const image = {pixels: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), width: 3, height: 3};

  it('turns counter-clockwise: a quarter turn moves the right column to the top row', () => {
    closeTo(rotateImages(image, 90), [3, 6, 9, 2, 5, 8, 1, 4, 7], {rtol: 1e-6});
  });

  it('turns every image of a stack alike, and back again', () => {
    const stack = {...image, pixels: Float32Array.from([...image.pixels, ...image.pixels.map((p) => p * 10)])};
    const turned = rotateImages(stack, 180);
    closeTo(turned, [9, 8, 7, 6, 5, 4, 3, 2, 1, 90, 80, 70, 60, 50, 40, 30, 20, 10], {rtol: 1e-6});
    closeTo(rotateImages({...stack, pixels: turned}, -180), stack.pixels, {rtol: 1e-6});
  });

  it('interpolates between pixels and fills with black', () => {
    const turned = rotateImages(image, 45);
    closeTo(turned[4] as number, 5, {rtol: 1e-6});
    expect(turned[0]).to.be.below(image.pixels[2] as number); // the corner comes partly from outside
    expect(turned.every((p) => p >= 0 && p <= 9)).to.equal(true);
  });
});

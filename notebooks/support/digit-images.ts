import {encodePng} from 'tfjs-bayes';
import type {Picture} from './picture.ts';

const SIDE = 8;
const SCALE = 5;

/** Shows rows of images of 8 x 8 pixels, values from 0 to 1, as one grey picture; every pixel is a square of 5 x 5. */
export function digitImages(rows: readonly (readonly ArrayLike<number>[])[]): Picture {
  const step = (SIDE + 1) * SCALE;
  const [width, height] = [step * Math.max(...rows.map((row) => row.length)), step * rows.length];
  const pixels = new Uint8Array(width * height).fill(255);
  for (const [i, row] of rows.entries()) {
    for (const [j, image] of row.entries()) {
      for (let p = 0; p < (SIDE * SCALE) ** 2; p++) {
        const [down, across] = [Math.floor(p / (SIDE * SCALE)), p % (SIDE * SCALE)];
        const value = image[SIDE * Math.floor(down / SCALE) + Math.floor(across / SCALE)] ?? 0;
        pixels[(i * step + down) * width + j * step + across] = 255 * (1 - value);
      }
    }
  }
  const png = Buffer.from(encodePng({width, height, pixels})).toString('base64');
  return {[Symbol.for('Jupyter.display')]: () => ({'image/png': png})};
}

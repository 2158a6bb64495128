/** Images of one size, one after the other, each row by row. */
export interface ImageStack {
  /** `count * height * width` grey values. */
  readonly pixels: Float32Array;
  /** Pixels per row. */
  readonly width: number;
  /** Rows per image. */
  readonly height: number;
}

/**
 * Turns every image by `degrees` counter-clockwise about its centre, bilinearly, with black where nothing was.
 *
 * @example
 * ```ts
 * import {rotateImages} from 'tfjs-bayes';
 * const turned = rotateImages({pixels: Float32Array.of(1, 2, 3, 4), width: 2, height: 2}, 90);
 * console.log(Array.from(turned, Math.round)); // [2, 4, 1, 3]
 * ```
 */
export function rotateImages({pixels, width, height}: ImageStack, degrees: number): Float32Array {
  const radians = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const size = width * height;
  const turned = new Float32Array(pixels.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      // Where this pixel comes from: the inverse turn, with the row axis pointing down.
      const [right, down] = [column - centreX, row - centreY];
      const x = centreX + cos * right - sin * down;
      const y = centreY + sin * right + cos * down;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      for (const [i, j, weight] of [
        [top, left, (1 - (x - left)) * (1 - (y - top))],
        [top, left + 1, (x - left) * (1 - (y - top))],
        [top + 1, left, (1 - (x - left)) * (y - top)],
        [top + 1, left + 1, (x - left) * (y - top)],
      ] as const) {
        if (weight < 1e-9 || i < 0 || i >= height || j < 0 || j >= width) continue;
        const [from, to] = [i * width + j, row * width + column];
        for (let start = 0; start < pixels.length; start += size) {
          turned[start + to] = (turned[start + to] as number) + weight * (pixels[start + from] as number);
        }
      }
    }
  }
  return turned;
}

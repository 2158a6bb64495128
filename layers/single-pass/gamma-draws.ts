import type {Rng} from '../../src/random/index.ts';

/**
 * One draw of Gamma(shape, 1) for each shape, all at least 1 (Marsaglia and Tsang 2000): rejection from a transformed normal,
 * which accepts more than 95 in 100.
 */
export function gammaDraws(rng: Rng, shapes: ArrayLike<number>): Float64Array {
  const draws = new Float64Array(shapes.length);
  for (let i = 0; i < draws.length; i++) {
    const d = (shapes[i] as number) - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (let accepted = false; !accepted; ) {
      const normal = rng.normals(1)[0] as number;
      const cube = (1 + c * normal) ** 3;
      const uniform = rng.uniforms(1)[0] as number;
      accepted = cube > 0 && Math.log(1 - uniform) < normal ** 2 / 2 + d - d * cube + d * Math.log(cube);
      draws[i] = d * cube;
    }
  }
  return draws;
}

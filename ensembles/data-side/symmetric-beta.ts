import type {Rng} from '../../src/random/index.ts';

/**
 * Draws of Beta(alpha, alpha): the first coordinate of a point on a sphere from `alpha` 1/2 (Ulrich, 1984), the ratio of
 * Joehnk (1964) below.
 */
export function drawSymmetricBeta(rng: Rng, alpha: number, count: number): Float64Array {
  return Float64Array.from({length: count}, () => (alpha < 0.5 ? byRatio(rng, alpha) : onSphere(rng, alpha)));
}

function onSphere(rng: Rng, alpha: number): number {
  const [u, v] = rng.uniforms(2) as unknown as [number, number];
  const height = alpha === 0.5 ? 0 : (1 - u) ** (2 / (2 * alpha - 1));
  return (1 + Math.sqrt(1 - height) * Math.cos(2 * Math.PI * v)) / 2;
}

/** In logarithms, because powers 1 / alpha underflow. */
function byRatio(rng: Rng, alpha: number): number {
  for (;;) {
    const [u, v] = rng.uniforms(2) as unknown as [number, number];
    const [a, b] = [Math.log(1 - u) / alpha, Math.log(1 - v) / alpha];
    if (Math.exp(a) + Math.exp(b) <= 1) return 1 / (1 + Math.exp(b - a));
  }
}

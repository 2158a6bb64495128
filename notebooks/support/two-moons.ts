import type {Rng} from 'tfjs-bayes';

/** Points of two half circles that reach into each other, with noise: rows [x, y] and labels 0 and 1. */
export function twoMoons(rows: number, noise: number, rng: Rng): {points: [number, number][]; labels: number[]} {
  const [angles, shifts] = [rng.uniforms(rows), rng.normals(2 * rows)];
  const labels = Array.from({length: rows}, (_, i) => i % 2);
  const points = labels.map((label, i): [number, number] => {
    const angle = Math.PI * (angles[i] ?? 0);
    const [x, y] = label === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return [x + noise * (shifts[2 * i] ?? 0), y + noise * (shifts[2 * i + 1] ?? 0)];
  });
  return {points, labels};
}

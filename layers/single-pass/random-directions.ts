import type {Rng} from '../../src/random/index.ts';

/**
 * Orthogonal random features (Yu et al. 2016): columns [inputs, count] of which each run of `inputs` is orthogonal, each as long
 * as a standard normal vector would be, so that every one is distributed as N(0, I).
 */
export function randomDirections(rng: Rng, inputs: number, count: number): Float64Array {
  const result = new Float64Array(inputs * count);
  for (let start = 0; start < count; start += inputs) {
    const basis: Float64Array[] = [];
    for (let column = start; column < Math.min(start + inputs, count); column++) {
      const direction = orthonormal(rng.normals(inputs), basis);
      basis.push(direction);
      const other = rng.normals(inputs);
      const length = Math.sqrt(dot(other, other));
      for (let i = 0; i < inputs; i++) result[i * count + column] = length * (direction[i] as number);
    }
  }
  return result;
}

/** What is left of the vector without its parts along the basis, at length one; twice, against rounding. */
function orthonormal(vector: Float64Array, basis: readonly Float64Array[]): Float64Array {
  for (let pass = 0; pass < 2; pass++) {
    for (const other of basis) {
      const part = dot(vector, other);
      for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - part * (other[i] as number);
    }
  }
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

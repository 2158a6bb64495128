/**
 * Draws of named parameters from several chains, plain numbers: what every sampler of this package returns and any other may
 * hand in.
 */
export interface Draws {
  /** How many chains. */
  readonly chains: number;
  /** How many draws each chain has. */
  readonly draws: number;
  /** The parameters by name. */
  readonly parameters: Readonly<Record<string, ParameterDraws>>;
}

/** The draws of one parameter. */
export interface ParameterDraws {
  /** The shape of one value; `[]` for a number. */
  readonly shape: readonly number[];
  /** The values, [chain, draw, ...shape] in row-major order. */
  readonly values: Float64Array;
}

/** The chains of each number in the draws, by names such as `'tau'` and `'theta[2]'` (counted from 0) or `'L[1,0]'`. */
export function scalarChains({chains, draws, parameters}: Draws): Map<string, Float64Array[]> {
  const scalars = new Map<string, Float64Array[]>();
  for (const [name, {shape, values}] of Object.entries(parameters)) {
    const size = shape.reduce((product, side) => product * side, 1);
    for (let i = 0; i < size; i++) {
      const series = Array.from({length: chains}, (_, c) =>
        Float64Array.from({length: draws}, (_, t) => values[(c * draws + t) * size + i] as number),
      );
      scalars.set(shape.length === 0 ? name : `${name}[${place(i, shape).join(',')}]`, series);
    }
  }
  return scalars;
}

/** The index along each axis of the i-th entry. */
function place(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] as number;
    index.unshift(i % side);
    i = Math.floor(i / side);
  }
  return index;
}

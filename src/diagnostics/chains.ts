import {DataError, ShapeError} from '../errors.ts';

/** Draws of one number: one array per chain, in the order of drawing, all of the same length. */
export type Chains = readonly ArrayLike<number>[];

/** Throws unless every chain has the same count of finite draws, `least` or more. */
export function checkChains(caller: string, chains: Chains, least: number): void {
  const length = chains[0]?.length ?? 0;
  if (length < least) {
    throw new ShapeError(
      `${caller}: expected ${least} draws or more in each chain, got ${length} in ${chains.length} chains. Draw more.`,
    );
  }
  chains.forEach((chain, c) => {
    if (chain.length !== length) {
      throw new ShapeError(
        `${caller}: expected chains of ${length} draws, got ${chain.length} in chain ${c}. Cut them to one length.`,
      );
    }
    for (let t = 0; t < length; t++) {
      if (!Number.isFinite(chain[t])) {
        throw new DataError(`${caller}: expected finite draws, got ${chain[t]} in chain ${c}. Look for divergences.`);
      }
    }
  });
}

/** Each chain cut in two halves; the middle draw of an odd length is left out. */
export function splitChains(chains: Chains): Float64Array[] {
  return chains.flatMap((chain) => {
    const half = chain.length >> 1;
    const draws = Float64Array.from(chain);
    return [draws.subarray(0, half), draws.subarray(draws.length - half)];
  });
}

/** All draws, chain after chain. */
export function pooled(chains: Chains): Float64Array {
  const length = chains[0]?.length ?? 0;
  const all = new Float64Array(chains.length * length);
  chains.forEach((chain, c) => {
    all.set(chain, c * length);
  });
  return all;
}

/** The same function of every draw. */
export function mapChains(chains: Chains, f: (draw: number) => number): Float64Array[] {
  return chains.map((chain) => Float64Array.from(chain, f));
}

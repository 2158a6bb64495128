import {warn} from '../warn.ts';

/** A temperature before averaging is found between these. */
const [COLDEST, HOTTEST] = [0.02, 50];
/** And to this relative precision: finer than float32 likelihoods can tell. */
const TOLERANCE = 1e-3;

/**
 * The temperature where a loss of its logarithm is least: a grid for the valley, then golden sections in it. A loss of 0 at 1 gives the
 * coldest, with a warning.
 */
export async function bestTemperature(
  caller: string,
  loss: (logTemperature: number) => Promise<number>,
): Promise<number> {
  const [from, to] = [Math.log(COLDEST), Math.log(HOTTEST)];
  const step = 0.25;
  let best = 0;
  let least = await loss(0);
  if (least === 0) {
    warn(
      `${caller}: expected predictions with some doubt, got only certain and right ones. The temperature is the coldest, ${COLDEST}; ` +
        'fit it on more data that the posterior has not seen.',
    );
    return COLDEST;
  }
  for (const direction of [-step, step]) {
    for (let t = direction; t >= from && t <= to; t += direction) {
      const value = await loss(t);
      if (value >= least) break;
      [best, least] = [t, value];
    }
    if (best !== 0) break;
  }
  return Math.exp(await goldenSection(loss, Math.max(from, best - step), Math.min(to, best + step)));
}

async function goldenSection(f: (t: number) => Promise<number>, from: number, to: number): Promise<number> {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [fa, fb] = [await f(a), await f(b)];
  while (high - low > TOLERANCE) {
    if (fa < fb) {
      [high, b, fb] = [b, a, fa];
      a = high - ratio * (high - low);
      fa = await f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + ratio * (high - low);
      fb = await f(b);
    }
  }
  return (low + high) / 2;
}

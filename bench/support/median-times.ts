/** Median milliseconds of each of the works, taken in turns so that a busy moment falls on all of them, after a warm-up. */
export function medianTimes(rounds: number, works: ReadonlyArray<() => unknown>): number[] {
  const times: number[][] = works.map(() => []);
  for (let round = -2; round < rounds; round++) {
    works.forEach((work, w) => {
      const start = performance.now();
      work();
      if (round >= 0) (times[w] as number[]).push(performance.now() - start);
    });
  }
  return times.map((one) => one.sort((a, b) => a - b)[one.length >> 1] as number);
}

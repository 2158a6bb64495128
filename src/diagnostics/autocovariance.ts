/**
 * Autocovariances of a series at lags 0..n-1, each divided by n: the inverse Fourier transform of its power spectrum, padded
 * with zeros so that nothing wraps around.
 */
export function autocovariance(series: Float64Array): Float64Array {
  const n = series.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  let mean = 0;
  for (const value of series) mean += value / n;
  for (let i = 0; i < n; i++) real[i] = (series[i] as number) - mean;
  transform(real, imaginary);
  for (let i = 0; i < size; i++) {
    real[i] = (real[i] as number) ** 2 + (imaginary[i] as number) ** 2;
    imaginary[i] = 0;
  }
  transform(real, imaginary); // of an even sequence, where forward and inverse differ by the factor alone
  return real.subarray(0, n).map((value) => value / (size * n));
}

/** The Fourier transform in place, of a length that is a power of two (Cooley and Tukey, 1965). */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  reverseBits(real, imaginary);
  for (let span = 1; span < size; span *= 2) {
    const angle = -Math.PI / span;
    for (let k = 0; k < span; k++) {
      const cos = Math.cos(angle * k);
      const sin = Math.sin(angle * k);
      for (let i = k; i < size; i += 2 * span) {
        const j = i + span;
        const re = cos * (real[j] as number) - sin * (imaginary[j] as number);
        const im = cos * (imaginary[j] as number) + sin * (real[j] as number);
        real[j] = (real[i] as number) - re;
        imaginary[j] = (imaginary[i] as number) - im;
        real[i] = (real[i] as number) + re;
        imaginary[i] = (imaginary[i] as number) + im;
      }
    }
  }
}

function reverseBits(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
  }
}

import {identity, type Matrix, matrix} from '../linalg/matrix.ts';
import {matMul} from '../linalg/multiply.ts';
import {lgamma} from '../special/gamma.ts';

const EXACT_UP_TO = 500;

/**
 * Probability that the two-sided Kolmogorov-Smirnov statistic of `n` values is at least `statistic`.
 *
 * Where n statistic^2 >= 4, twice the exact one-sided probability (Smirnov 1944), from which it differs by less than 1e-13;
 * else exact up to n = 500 (Marsaglia, Tsang & Wang 2003), and by an expansion with an error below 1e-5 for larger n (Pelz
 * & Good 1976).
 */
export function kolmogorovTail(n: number, statistic: number): number {
  if (statistic >= 1) return 0;
  if (2 * n * statistic <= 1) return 1;
  if (n * statistic * statistic >= 4) return Math.min(1, 2 * oneSidedTail(n, statistic));
  const below = n <= EXACT_UP_TO ? exactCdf(n, statistic) : expandedCdf(n, statistic);
  return Math.min(1, Math.max(0, 1 - below));
}

/** d sum_j C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j). */
function oneSidedTail(n: number, d: number): number {
  let sum = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j++) {
    const rest = 1 - d - j / n;
    if (rest <= 0) break;
    const ways = lgamma(n + 1) - lgamma(j + 1) - lgamma(n - j + 1);
    sum += Math.exp(ways + (j - 1) * Math.log(d + j / n) + (n - j) * Math.log(rest));
  }
  return d * sum;
}

/** n! / n^n times an element of the n-th power of a banded matrix. */
function exactCdf(n: number, d: number): number {
  const k = Math.floor(n * d) + 1;
  const m = 2 * k - 1;
  const h = k - n * d;
  const H = matrix(m, m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= Math.min(i + 1, m - 1); j++) H.data[i * m + j] = 1;
  }
  for (let i = 0; i < m; i++) {
    H.data[i * m] = (H.data[i * m] as number) - h ** (i + 1);
    H.data[(m - 1) * m + i] = (H.data[(m - 1) * m + i] as number) - h ** (m - i);
  }
  H.data[(m - 1) * m] = (H.data[(m - 1) * m] as number) + Math.max(0, 2 * h - 1) ** m;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= Math.min(i + 1, m - 1); j++) {
      H.data[i * m + j] = (H.data[i * m + j] as number) * Math.exp(-lgamma(i - j + 2));
    }
  }
  const {power, logScale} = matrixPower(H, n);
  const element = power.data[(k - 1) * m + k - 1] as number;
  return Math.exp(Math.log(element) + logScale + lgamma(n + 1) - n * Math.log(n));
}

/** H^n as power exp(logScale), squaring and rescaling so that nothing overflows. */
function matrixPower(H: Matrix, n: number): {power: Matrix; logScale: number} {
  let power = identity(H.rows);
  let logScale = 0;
  let base = H;
  let baseScale = 0;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      power = matMul(power, base);
      logScale += baseScale + rescale(power);
    }
    if (left === 1) break;
    base = matMul(base, base);
    baseScale = 2 * baseScale + rescale(base);
  }
  return {power, logScale};
}

/** Divides a matrix by its largest element; returns that element's logarithm. */
function rescale(A: Matrix): number {
  const largest = A.data.reduce((high, v) => Math.max(high, Math.abs(v)), 0);
  for (let i = 0; i < A.data.length; i++) A.data[i] = (A.data[i] as number) / largest;
  return Math.log(largest);
}

function expandedCdf(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const pi2 = Math.PI ** 2;
  let zeroth = 0;
  let first = 0;
  let second = 0;
  let secondWhole = 0;
  for (let k = 0; k < 20; k++) {
    const h = pi2 * (k + 0.5) ** 2;
    const weight = 2 * Math.exp(-h / (2 * z2));
    zeroth += weight;
    first += weight * (h - z2);
    second += weight * (6 * z2 ** 3 + 2 * z2 ** 2 + (2 * z2 ** 2 - 5 * z2) * h + (1 - 2 * z2) * h * h);
    const whole = pi2 * k * k;
    secondWhole += 2 * whole * Math.exp(-whole / (2 * z2));
  }
  const root = Math.sqrt(Math.PI / 2);
  return (
    (root / z) * zeroth +
    (root / (6 * z2 * z2 * Math.sqrt(n))) * first +
    (root / n) * (second / (72 * z ** 7) - secondWhole / (36 * z ** 3))
  );
}

/** Below this, squares underflow; the matrix is scaled to a norm near 1, so nothing larger is lost. */
const SAFE_SQUARE = 1e-280;
const SWEEPS_PER_VALUE = 30;

/** Takes the lower of two neighbouring columns, the cosine and the sine. */
type Rotate = (column: number, cosine: number, sine: number) => void;

/**
 * Eigenvalues of a symmetric tridiagonal matrix by the implicit QL algorithm with Wilkinson's shift (Martin and Wilkinson,
 * 1968; Golub and Van Loan, 2013, section 8.3); they replace `diagonal`, unordered, and `coupling` is left alone.
 *
 * `coupling[i]` joins i - 1 and i. `rotate` hears of every rotation of the columns i and i + 1: with f and g the columns
 * i + 1 and i, they become s g + c f and c g - s f, and the identity becomes the eigenvectors. Returns false if the sweeps
 * run out.
 */
export function implicitQL(diagonal: Float64Array, coupling: Float64Array, rotate?: Rotate): boolean {
  const n = diagonal.length;
  const d = diagonal;
  const e = new Float64Array(n);
  e.set(coupling.subarray(1));
  let sweepsLeft = SWEEPS_PER_VALUE * n;
  for (let low = 0; low < n; low++) {
    for (;;) {
      let high = low;
      while (high < n - 1 && !negligible(e[high] as number, d[high] as number, d[high + 1] as number)) high++;
      if (high === low) break;
      if (sweepsLeft-- === 0) return false;
      sweep(d, e, low, high, rotate);
    }
  }
  return true;
}

function negligible(coupling: number, a: number, b: number): boolean {
  const size = Math.abs(coupling);
  return size <= Number.EPSILON * 0.5 * (Math.abs(a) + Math.abs(b)) || size < SAFE_SQUARE;
}

function sweep(d: Float64Array, e: Float64Array, low: number, high: number, rotate?: Rotate): void {
  const atLow = d[low] as number;
  const eLow = e[low] as number;
  const half = ((d[low + 1] as number) - atLow) / (2 * eLow);
  const root = hypotenuse(half, 1);
  let g = (d[high] as number) - atLow + eLow / (half + (half < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let carried = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = sine * (e[i] as number);
    const b = cosine * (e[i] as number);
    const r = hypotenuse(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The matrix fell apart below i + 1: keep what was done and start over.
      d[i + 1] = (d[i + 1] as number) - carried;
      e[high] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = (d[i + 1] as number) - carried;
    const t = ((d[i] as number) - g) * sine + 2 * cosine * b;
    carried = sine * t;
    d[i + 1] = g + carried;
    g = cosine * t - b;
    rotate?.(i, cosine, sine);
  }
  d[low] = (d[low] as number) - carried;
  e[low] = g;
  e[high] = 0;
}

function hypotenuse(a: number, b: number): number {
  const square = a * a + b * b;
  return square > SAFE_SQUARE && square < 1 / SAFE_SQUARE ? Math.sqrt(square) : Math.hypot(a, b);
}

/** Where a block of a row-major array lies: its first element and the distance between its rows. */
export interface Block {
  readonly data: Float64Array;
  readonly offset: number;
  readonly stride: number;
}

/**
 * C += alpha A B^T for A [m, k], B [n, k], C [m, n], four by four elements of C at a time in registers.
 *
 * With `lowerOnly`, squares of C that lie wholly above the diagonal are left alone (C is square then; what the diagonal's
 * own squares hold above it is computed along). Rows of A and B are read in order, so both should be packed or narrow.
 */
export function addProductTransposed(
  alpha: number,
  A: Block,
  B: Block,
  C: Block,
  m: number,
  n: number,
  k: number,
  lowerOnly = false,
): void {
  const a = A.data;
  const b = B.data;
  const c = C.data;
  const m4 = m - (m % 4);
  const n4 = n - (n % 4);
  for (let i = 0; i < m4; i += 4) {
    const a0 = A.offset + i * A.stride;
    const a1 = a0 + A.stride;
    const a2 = a1 + A.stride;
    const a3 = a2 + A.stride;
    const end = lowerOnly ? Math.min(n4, i + 4) : n4;
    for (let j = 0; j < end; j += 4) {
      const b0 = B.offset + j * B.stride;
      const b1 = b0 + B.stride;
      const b2 = b1 + B.stride;
      const b3 = b2 + B.stride;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let s20 = 0;
      let s21 = 0;
      let s22 = 0;
      let s23 = 0;
      let s30 = 0;
      let s31 = 0;
      let s32 = 0;
      let s33 = 0;
      for (let p = 0; p < k; p++) {
        const y0 = b[b0 + p] as number;
        const y1 = b[b1 + p] as number;
        const y2 = b[b2 + p] as number;
        const y3 = b[b3 + p] as number;
        let x = a[a0 + p] as number;
        s00 += x * y0;
        s01 += x * y1;
        s02 += x * y2;
        s03 += x * y3;
        x = a[a1 + p] as number;
        s10 += x * y0;
        s11 += x * y1;
        s12 += x * y2;
        s13 += x * y3;
        x = a[a2 + p] as number;
        s20 += x * y0;
        s21 += x * y1;
        s22 += x * y2;
        s23 += x * y3;
        x = a[a3 + p] as number;
        s30 += x * y0;
        s31 += x * y1;
        s32 += x * y2;
        s33 += x * y3;
      }
      let at = C.offset + i * C.stride + j;
      addFour(c, at, alpha, s00, s01, s02, s03);
      addFour(c, (at += C.stride), alpha, s10, s11, s12, s13);
      addFour(c, (at += C.stride), alpha, s20, s21, s22, s23);
      addFour(c, at + C.stride, alpha, s30, s31, s32, s33);
    }
    addDots(
      alpha,
      A,
      B,
      C,
      i,
      i + 4,
      lowerOnly ? Math.min(n, Math.max(n4, i)) : n4,
      lowerOnly ? Math.min(n, i + 4) : n,
      k,
    );
  }
  for (let i = m4; i < m; i++) addDots(alpha, A, B, C, i, i + 1, 0, lowerOnly ? Math.min(n, i + 1) : n, k);
}

function addFour(c: Float64Array, at: number, alpha: number, s0: number, s1: number, s2: number, s3: number): void {
  c[at] = (c[at] as number) + alpha * s0;
  c[at + 1] = (c[at + 1] as number) + alpha * s1;
  c[at + 2] = (c[at + 2] as number) + alpha * s2;
  c[at + 3] = (c[at + 3] as number) + alpha * s3;
}

/** The same for the elements (i0..i1, j0..j1) of C that fill no square of four, one dot product each. */
function addDots(
  alpha: number,
  A: Block,
  B: Block,
  C: Block,
  i0: number,
  i1: number,
  j0: number,
  j1: number,
  k: number,
): void {
  for (let i = i0; i < i1; i++) {
    const ai = A.offset + i * A.stride;
    for (let j = j0; j < j1; j++) {
      const bj = B.offset + j * B.stride;
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (A.data[ai + p] as number) * (B.data[bj + p] as number);
      const at = C.offset + i * C.stride + j;
      C.data[at] = (C.data[at] as number) + alpha * sum;
    }
  }
}

/** Copies `block` [rows, cols] into a packed array, row after row. */
export function pack(block: Block, rows: number, cols: number): Block {
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    const start = block.offset + i * block.stride;
    data.set(block.data.subarray(start, start + cols), i * cols);
  }
  return {data, offset: 0, stride: cols};
}

/** Copies a packed array [rows, cols] back into `block`. */
export function unpack(packed: Block, block: Block, rows: number, cols: number): void {
  for (let i = 0; i < rows; i++) {
    const start = packed.offset + i * packed.stride;
    block.data.set(packed.data.subarray(start, start + cols), block.offset + i * block.stride);
  }
}

/** Copies the transpose of `block` [rows, cols] into a packed array [cols, rows], in squares that fit the first cache. */
export function packTransposed(block: Block, rows: number, cols: number): Block {
  const side = 32;
  const data = new Float64Array(rows * cols);
  for (let i0 = 0; i0 < rows; i0 += side) {
    const i1 = Math.min(rows, i0 + side);
    for (let j0 = 0; j0 < cols; j0 += side) {
      const j1 = Math.min(cols, j0 + side);
      for (let i = i0; i < i1; i++) {
        const start = block.offset + i * block.stride;
        for (let j = j0; j < j1; j++) data[j * rows + i] = block.data[start + j] as number;
      }
    }
  }
  return {data, offset: 0, stride: rows};
}

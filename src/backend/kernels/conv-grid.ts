import type {backend_util, TensorInfo} from '@tensorflow/tfjs-core';
import type {WasmBackend} from './wasm.ts';
import {floats, zeros} from './wasm.ts';

type Conv2DInfo = backend_util.Conv2DInfo;

/** How one axis of a convolution lies on the grid. */
interface Axis {
  /** Cells per image: the inputs of one phase and a gap of zeros that serves as padding on both sides. */
  readonly cells: number;
  readonly input: number;
  readonly output: number;
  readonly stride: number;
  readonly padBefore: number;
  /** Cells that lie wholly in the padding before the image and are left out. */
  readonly skipped: number;
  /** Phases that the taps reach: with stride s, inputs p, p + s, p + 2s ... belong to phase p. */
  readonly phases: number;
}

/**
 * A layout in which every tap of a convolution reads its inputs for all outputs at once from one contiguous run.
 *
 * Inputs and outputs lie on the same grid of `images x rows x columns` cells, one grid for each phase of the stride. The input
 * that the tap at filter row r and column s needs for the output in cell q then lies in phase (r mod stride, s mod stride),
 * cell q + shift(r, s): a shift by a constant. Cells without an output hold zeros and drop out of every sum.
 */
export interface ConvGrid {
  /** The batch size. */
  readonly images: number;
  /** How the rows of an image lie on it. */
  readonly rows: Axis;
  /** How the columns of an image lie on it. */
  readonly columns: Axis;
  /** Cells of one phase. */
  readonly cells: number;
  /** Cells of zeros before the first and after the last phase, where shifts may lead. */
  readonly guard: number;
}

/** The grid of a convolution. */
export function convGrid(info: Conv2DInfo): ConvGrid {
  const rows = axis(
    info.inHeight,
    info.outHeight,
    info.strideHeight,
    info.padInfo.top,
    info.dilationHeight * (info.filterHeight - 1),
  );
  const columns = axis(
    info.inWidth,
    info.outWidth,
    info.strideWidth,
    info.padInfo.left,
    info.dilationWidth * (info.filterWidth - 1),
  );
  const cells = info.batchSize * rows.cells * columns.cells;
  return {images: info.batchSize, rows, columns, cells, guard: (rows.cells + 1) * (columns.cells + 1)};
}

function axis(input: number, output: number, stride: number, padBefore: number, reach: number): Axis {
  const skipped = Math.floor(padBefore / stride);
  const used = Math.max(0, Math.floor((input - 1 + padBefore) / stride) - skipped + 1);
  const last = output - 1 + Math.floor(reach / stride) - skipped;
  const gap = Math.max(skipped, last - used + 1, 0);
  return {
    cells: Math.max(used + gap, output),
    input,
    output,
    stride,
    padBefore,
    skipped,
    phases: Math.min(stride, reach + 1),
  };
}

/** Where the tap reads: its phase, and how many cells it lies after the output. */
export function tapOf(grid: ConvGrid, row: number, column: number): {phase: number; shift: number} {
  const {rows, columns} = grid;
  const down = Math.floor(row / rows.stride) - rows.skipped;
  const right = Math.floor(column / columns.stride) - columns.skipped;
  return {
    phase: (row % rows.stride) * columns.phases + (column % columns.stride),
    shift: down * columns.cells + right,
  };
}

/** Inputs of one image row that belong to a phase: cell `cell` of the row holds input `from`, the next one `from + stride`. */
interface Run {
  readonly from: number;
  readonly cell: number;
  readonly count: number;
}

function run({input, stride, padBefore, skipped, cells}: Axis, phase: number): Run {
  const offset = phase - padBefore;
  const from = offset >= 0 ? offset : ((offset % stride) + stride) % stride;
  const cell = (from - offset) / stride - skipped;
  const count = Math.max(0, Math.min(Math.ceil((input - from) / stride), cells - cell));
  return {from, cell, count};
}

/** Calls `visit` once for every image row of every phase, with the grid's cell where that row's inputs begin. */
function eachRow(
  {images, rows, columns, cells}: ConvGrid,
  visit: (inputRow: number, phase: number, cell: number, across: Run) => void,
): void {
  for (let p = 0; p < rows.phases; p++) {
    const down = run(rows, p);
    for (let q = 0; q < columns.phases; q++) {
      const across = run(columns, q);
      const phase = p * columns.phases + q;
      for (let image = 0; image < images; image++) {
        for (let i = 0; i < down.count; i++) {
          const inputRow = image * rows.input + down.from + i * rows.stride;
          const cell = (image * rows.cells + down.cell + i) * columns.cells + across.cell;
          visit(inputRow, phase, phase * cells + cell, across);
        }
      }
    }
  }
}

/** Lays x [N, H, W, C] out as [guard | phase, channel, cell | guard]: a run of cells for each channel. */
export function inputsByChannel(backend: WasmBackend, grid: ConvGrid, x: TensorInfo): TensorInfo {
  const {rows, columns, cells, guard} = grid;
  const channels = x.shape[3] as number;
  const out = zeros(backend, [rows.phases * columns.phases * channels * cells + 2 * guard]);
  const to = floats(backend, out);
  const from = floats(backend, x);
  eachRow(grid, (inputRow, phase, cell, across) => {
    const first = (inputRow * columns.input + across.from) * channels;
    const step = columns.stride * channels;
    const base = guard + phase * cells * (channels - 1) + cell;
    for (let c = 0; c < channels; c++) {
      let source = first + c;
      const start = base + c * cells;
      const end = start + across.count;
      for (let target = start; target < end; target++) {
        to[target] = from[source] as number;
        source += step;
      }
    }
  });
  return out;
}

/** Lays x [N, H, W, C] out as [guard | phase, cell, channel | guard], each channel `repeats` times in a row. */
export function inputsByCell(backend: WasmBackend, grid: ConvGrid, x: TensorInfo, repeats: number): TensorInfo {
  const {rows, columns, cells, guard} = grid;
  const channels = x.shape[3] as number;
  const wide = channels * repeats;
  const out = zeros(backend, [(rows.phases * columns.phases * cells + 2 * guard) * wide]);
  const to = floats(backend, out);
  const from = floats(backend, x);
  eachRow(grid, (inputRow, _phase, cell, across) => {
    let target = (guard + cell) * wide;
    for (let i = 0; i < across.count; i++) {
      const source = (inputRow * columns.input + across.from + i * columns.stride) * channels;
      for (let c = source; c < source + channels; c++) {
        const value = from[c] as number;
        for (let r = 0; r < repeats; r++) to[target++] = value;
      }
    }
  });
  return out;
}

/** Lays y [N, outH, outW, C] out as [cell, channel], with zeros in the cells that have no output. */
export function outputsByCell(
  backend: WasmBackend,
  {images, rows, columns, cells}: ConvGrid,
  y: TensorInfo,
): TensorInfo {
  const channels = y.shape[3] as number;
  const out = zeros(backend, [cells, channels]);
  const to = floats(backend, out);
  const from = floats(backend, y);
  const size = columns.output * channels;
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < rows.output; i++) {
      const source = (image * rows.output + i) * size;
      to.set(from.subarray(source, source + size), (image * rows.cells + i) * columns.cells * channels);
    }
  }
  return out;
}

import type {TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {product} from './matmul.ts';
import type {Kernel, WasmBackend} from './wasm.ts';
import {release, runStock, share} from './wasm.ts';

/** `Einsum` of one or two tensors: a matrix product where dimensions of two float tensors are contracted, else products and sums. */
export const einsum: Kernel = {
  name: 'Einsum',
  run(backend, inputs, attrs) {
    const tensors = Object.values(inputs) as TensorInfo[];
    const {allDims, summedDims, idDims} = backend_util.decodeEinsumEquation(attrs.equation as string, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
    const operands: Operand[] = tensors.map((info, i) => ({info, dims: idDims[i] as number[]}));
    const outputRank = allDims.length - summedDims.length;
    const [a, b] = operands as [Operand, Operand?];
    if (b && a.dims.some((dim) => dim >= outputRank && b.dims.includes(dim)) && a.info.dtype === 'float32') {
      return contracted(backend, a, b, outputRank);
    }
    return summedProduct(backend, operands, allDims.length, outputRank);
  },
};

/** A tensor whose axes carry these dimensions of the equation: the output's come first, then those summed away. */
interface Operand {
  readonly info: TensorInfo;
  readonly dims: readonly number[];
}

function contracted(backend: WasmBackend, a: Operand, b: Operand, outputRank: number): TensorInfo {
  const shared = a.dims.filter((dim) => b.dims.includes(dim));
  const batch = shared.filter((dim) => dim < outputRank);
  const inner = shared.filter((dim) => dim >= outputRank);
  const rows = a.dims.filter((dim) => !b.dims.includes(dim) && dim < outputRank);
  const columns = b.dims.filter((dim) => !a.dims.includes(dim) && dim < outputRank);
  const left = arranged(backend, reduced(backend, a, b, outputRank), [batch, rows, inner]);
  const right = arranged(backend, reduced(backend, b, a, outputRank), [batch, inner, columns]);
  const out = product(backend, left.info, right.info);
  const sizes = new Map([...left.sizes, ...right.sizes]);
  const dims = [...batch, ...rows, ...columns];
  const shaped = {...out, shape: dims.map((dim) => sizes.get(dim) as number)};
  const perm = Array.from({length: outputRank}, (_, dim) => dims.indexOf(dim));
  const ordered = outputRank === 0 ? share(backend, shaped, []) : runStock(backend, 'Transpose', {x: shaped}, {perm});
  release(backend, left.info, right.info, out);
  return ordered;
}

/** The operand without the dimensions that stand in it alone and are summed; the caller owns the result. */
function reduced(backend: WasmBackend, operand: Operand, other: Operand, outputRank: number): Operand {
  const {info, dims} = operand;
  const alone = (dim: number): boolean => dim >= outputRank && !other.dims.includes(dim);
  const axis = dims.flatMap((dim, i) => (alone(dim) ? [i] : []));
  if (axis.length === 0) return {info: share(backend, info, info.shape), dims};
  return {info: runStock(backend, 'Sum', {x: info}, {axis, keepDims: false}), dims: dims.filter((dim) => !alone(dim))};
}

/** The operand, which is given up, as a batch of matrices whose three axes gather these dimensions. */
function arranged(
  backend: WasmBackend,
  {info, dims}: Operand,
  groups: readonly [number[], number[], number[]],
): {info: TensorInfo; sizes: Map<number, number>} {
  const sizes = new Map(dims.map((dim, i) => [dim, info.shape[i] as number]));
  const perm = groups.flat().map((dim) => dims.indexOf(dim));
  const transposed = runStock(backend, 'Transpose', {x: info}, {perm});
  release(backend, info);
  const shape = groups.map((group) => group.reduce((size, dim) => size * (sizes.get(dim) as number), 1));
  return {info: {...transposed, shape}, sizes};
}

function summedProduct(
  backend: WasmBackend,
  operands: readonly Operand[],
  rank: number,
  outputRank: number,
): TensorInfo {
  const factors = operands.map(({info, dims}) => {
    const order = dims.map((_, i) => i).sort((i, j) => (dims[i] as number) - (dims[j] as number));
    const sorted =
      dims.length === 0 ? share(backend, info, []) : runStock(backend, 'Transpose', {x: info}, {perm: order});
    const shape = new Array<number>(rank).fill(1);
    dims.forEach((dim, i) => {
      shape[dim] = info.shape[i] as number;
    });
    return {...sorted, shape};
  });
  const [first, second] = factors as [TensorInfo, TensorInfo?];
  const all = second ? runStock(backend, 'Multiply', {a: first, b: second}) : share(backend, first, first.shape);
  release(backend, ...factors);
  if (outputRank === rank) return all;
  const axis = Array.from({length: rank - outputRank}, (_, i) => outputRank + i);
  const out = runStock(backend, 'Sum', {x: all}, {axis, keepDims: false});
  release(backend, all);
  return out;
}

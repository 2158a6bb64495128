import type {NamedAttrMap, TensorInfo} from '@tensorflow/tfjs-core';
import {broadcast_util, util} from '@tensorflow/tfjs-core';
import type {Inputs, Kernel, WasmBackend} from './wasm.ts';
import {floats, input, release, runStock, share, withWindows, zeros} from './wasm.ts';

/** From this many multiply-adds on, a product repays the start of the fast routine. */
const FAST_FROM = 8192;

const PLAIN = {transposeA: false, transposeB: false};

/**
 * `BatchMatMul` that transposes first: the fast routine of tfjs-backend-wasm takes neither a transposed side nor a batch,
 * and the gradient of every product needs a transposed side.
 */
export const batchMatMul: Kernel = {
  name: 'BatchMatMul',
  run(backend, inputs, attrs) {
    const a = input(inputs, 'a');
    const b = input(inputs, 'b');
    return product(backend, a, b, attrs.transposeA === true, attrs.transposeB === true);
  },
};

/** `_FusedMatMul` of two matrices likewise; a batch of them is multiplied first, then given its bias and activation. */
export const fusedMatMul: Kernel = {
  name: '_FusedMatMul',
  run(backend, inputs, attrs) {
    const a = input(inputs, 'a');
    const b = input(inputs, 'b');
    const transposeA = attrs.transposeA === true;
    const transposeB = attrs.transposeB === true;
    const outerBatch = [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)];
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return runStock(backend, '_FusedMatMul', inputs, attrs);
    if (outerBatch.some((size) => size !== 1) || util.sizeFromShape(a.shape) * util.sizeFromShape(b.shape) === 0) {
      return activated(backend, product(backend, a, b, transposeA, transposeB), inputs, attrs);
    }
    const left = transposeA ? transposed(backend, a) : share(backend, a, a.shape);
    const right = transposeB ? transposed(backend, b) : ownShape(backend, b);
    const out = runStock(backend, '_FusedMatMul', {...inputs, a: left, b: right}, {...attrs, ...PLAIN});
    release(backend, left, right);
    return out;
  },
};

/** The product of two float32 tensors over their last two axes; the leading axes are a batch that may repeat. */
export function product(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  transposeA = false,
  transposeB = false,
): TensorInfo {
  const [rows, inner] = lastTwo(a, transposeA);
  const [innerB, columns] = lastTwo(b, transposeB);
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || inner !== innerB) {
    return runStock(backend, 'BatchMatMul', {a, b}, {transposeA, transposeB});
  }
  const batchShape = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batchShape, rows, columns];
  if (rows * inner * columns * util.sizeFromShape(batchShape) === 0) return zeros(backend, shape);
  const batchA = util.sizeFromShape(a.shape.slice(0, -2));
  const batchB = util.sizeFromShape(b.shape.slice(0, -2));
  const work = rows * inner * columns * (batchB === 1 ? batchA : 1);
  if (work < FAST_FROM && (transposeA || transposeB || batchB > 1)) {
    return runStock(backend, 'BatchMatMul', {a, b}, {transposeA, transposeB});
  }
  const left = transposeA ? transposed(backend, a) : share(backend, a, a.shape);
  const right = transposeB ? transposed(backend, b) : ownShape(backend, b);
  let out: TensorInfo;
  if (batchB === 1) {
    const flatA = {...left, shape: [1, batchA * rows, inner]};
    out = runStock(backend, 'BatchMatMul', {a: flatA, b: {...right, shape: [1, inner, columns]}}, PLAIN);
  } else {
    out = eachOfBatch(backend, left, right, Math.max(batchA, batchB), batchA, batchB, [rows, inner, columns]);
  }
  release(backend, left, right);
  return {...out, shape};
}

function eachOfBatch(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  batch: number,
  batchA: number,
  batchB: number,
  [rows, inner, columns]: readonly [number, number, number],
): TensorInfo {
  const out = backend.makeOutput([batch, rows, columns], 'float32');
  for (let i = 0; i < batch; i++) {
    const part = withWindows(
      backend,
      [
        [a, (i % batchA) * rows * inner, [1, rows, inner]],
        [b, (i % batchB) * inner * columns, [1, inner, columns]],
      ],
      (ai, bi) => runStock(backend, 'BatchMatMul', {a: ai, b: bi}, PLAIN),
    );
    floats(backend, out).set(floats(backend, part), i * rows * columns);
    release(backend, part);
  }
  return out;
}

function lastTwo(x: TensorInfo, flipped: boolean): [number, number] {
  const rows = x.shape[x.shape.length - 2] as number;
  const columns = x.shape[x.shape.length - 1] as number;
  return flipped ? [columns, rows] : [rows, columns];
}

function transposed(backend: WasmBackend, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return runStock(backend, 'Transpose', {x}, {perm});
}

const packedShapes = new WeakMap<object, string>();

/**
 * tfjs-backend-wasm remembers the right side in packed form by its data alone, so the same data in another shape would
 * be multiplied in the old shape: such a right side gets data of its own.
 */
function ownShape(backend: WasmBackend, b: TensorInfo): TensorInfo {
  const shape = lastTwo(b, false).join('x');
  const known = packedShapes.get(b.dataId);
  if (known === undefined) packedShapes.set(b.dataId, shape);
  if (known === undefined || known === shape) return share(backend, b, b.shape);
  const copy = backend.makeOutput(b.shape, b.dtype);
  floats(backend, copy).set(floats(backend, b));
  return copy;
}

function activated(backend: WasmBackend, x: TensorInfo, inputs: Inputs, attrs: NamedAttrMap): TensorInfo {
  let out = x;
  const apply = (name: string, others: Inputs, more: object = {}): void => {
    const next = runStock(backend, name, others, more);
    release(backend, out);
    out = next;
  };
  if (inputs.bias) apply('Add', {a: out, b: inputs.bias});
  const activation = attrs.activation;
  if (activation === 'relu') apply('Relu', {x: out});
  else if (activation === 'relu6') apply('Relu6', {x: out});
  else if (activation === 'elu') apply('Elu', {x: out});
  else if (activation === 'sigmoid') apply('Sigmoid', {x: out});
  else if (activation === 'prelu') apply('Prelu', {x: out, alpha: inputs.preluActivationWeights});
  else if (activation === 'leakyrelu') apply('LeakyRelu', {x: out}, {alpha: attrs.leakyreluAlpha});
  return out;
}

import * as tf from '@tensorflow/tfjs-core';

/** The methods that do what the function of the same name does, with the tensor as its first argument. */
const SAME_NAME = [
  ...['abs', 'acos', 'acosh', 'add', 'all', 'any', 'argMax', 'argMin', 'asin', 'asinh', 'atan', 'atan2', 'atanh'],
  ...['avgPool', 'batchToSpaceND', 'batchNorm', 'broadcastTo', 'cast', 'ceil', 'clipByValue', 'conv1d', 'conv2d'],
  ...['conv2dTranspose', 'cos', 'cosh', 'cumprod', 'cumsum', 'depthToSpace', 'depthwiseConv2d', 'dilation2d', 'div'],
  ...['divNoNan', 'dot', 'elu', 'equal', 'erf', 'euclideanNorm', 'exp', 'expandDims', 'expm1', 'fft', 'floor'],
  ...['floorDiv', 'gather', 'greater', 'greaterEqual', 'ifft', 'irfft', 'isFinite', 'isInf', 'isNaN', 'leakyRelu'],
  ...['less', 'lessEqual', 'localResponseNormalization', 'log', 'log1p', 'logSigmoid', 'logSoftmax', 'logSumExp'],
  ...['logicalAnd', 'logicalNot', 'logicalOr', 'logicalXor', 'matMul', 'max', 'maxPool', 'maximum', 'mean', 'min'],
  ...['minimum', 'mirrorPad', 'mod', 'mul', 'neg', 'norm', 'notEqual', 'oneHot', 'onesLike', 'pad', 'pool', 'pow'],
  ...['prelu', 'prod', 'reciprocal', 'relu', 'relu6', 'reshape', 'resizeBilinear', 'resizeNearestNeighbor', 'reverse'],
  ...['rfft', 'round', 'rsqrt', 'selu', 'separableConv2d', 'sigmoid', 'sign', 'sin', 'sinh', 'slice', 'softmax'],
  ...['softplus', 'spaceToBatchND', 'split', 'sqrt', 'square', 'squaredDifference', 'squeeze', 'step', 'stridedSlice'],
  ...['sub', 'sum', 'tan', 'tanh', 'tile', 'topk', 'transpose', 'unique', 'unsortedSegmentSum', 'unstack', 'zerosLike'],
];

type Method = (this: tf.Tensor, ...args: never[]) => unknown;

const OTHERS: Readonly<Record<string, Method>> = {
  asScalar() {
    return tf.reshape(this, []);
  },
  as1D() {
    return tf.reshape(this, [this.size]);
  },
  flatten() {
    return tf.reshape(this, [this.size]);
  },
  as2D: asShape,
  as3D: asShape,
  as4D: asShape,
  as5D: asShape,
  reshapeAs(other: tf.Tensor) {
    return tf.reshape(this, other.shape);
  },
  asType(dtype: tf.DataType) {
    return tf.cast(this, dtype);
  },
  toBool() {
    return tf.cast(this, 'bool');
  },
  toFloat() {
    return tf.cast(this, 'float32');
  },
  toInt() {
    return tf.cast(this, 'int32');
  },
  concat(others: tf.Tensor | tf.Tensor[], axis?: number) {
    return tf.concat([this, ...[others].flat()], axis);
  },
  stack(others: tf.Tensor | tf.Tensor[], axis?: number) {
    return tf.stack([this, ...[others].flat()], axis);
  },
  where(condition: tf.Tensor, otherwise: tf.Tensor) {
    return tf.where(condition, this, otherwise);
  },
};

function asShape(this: tf.Tensor, ...shape: number[]): tf.Tensor {
  return tf.reshape(this, shape);
}

/**
 * Gives tensors the methods that the union package `@tensorflow/tfjs` gives them, such as `x.flatten()`.
 *
 * tfjs-layers calls them in its recurrent layers, and `@tensorflow/tfjs-core` alone does not bring them in Node. Methods
 * that are there already stay.
 */
export function registerChainedMethods(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const functions = tf as unknown as Record<string, (...args: unknown[]) => unknown>;
  const define = (name: string, method: (this: tf.Tensor, ...args: never[]) => unknown): void => {
    if (name in prototype) return;
    prototype[name] = function (this: tf.Tensor, ...args: never[]): unknown {
      if (this.isDisposed) throw new Error('Tensor is disposed.');
      return method.apply(this, args);
    };
  };
  for (const name of SAME_NAME) {
    const operation = functions[name];
    if (operation) {
      define(name, function (...args) {
        return operation(this, ...args);
      });
    }
  }
  for (const [name, method] of Object.entries(OTHERS)) define(name, method);
}

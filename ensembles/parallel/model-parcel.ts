import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A compiled model in a form that other threads can be sent. */
export interface ModelParcel {
  readonly topology: object;
  readonly weights: readonly PackedTensor[];
  readonly optimizer: {readonly className: string; readonly config: tf.serialization.ConfigDict};
  readonly loss: tfl.ModelCompileArgs['loss'];
  readonly metrics: tfl.ModelCompileArgs['metrics'];
}

/** A tensor's numbers in memory that threads share. */
export interface PackedTensor {
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
}

type RegisteredClass = tf.serialization.SerializationMap['classNameMap'][string];

/** The model as a parcel, or the reason, in words, why it cannot be one. */
export async function packModel(model: tfl.LayersModel): Promise<ModelParcel | string> {
  const {optimizer, loss} = model;
  if (!isPlain(loss)) return 'its loss is a function';
  if (!isPlain(model.metrics ?? [])) return 'a metric is a function';
  if (registeredOptimizer(optimizer.getClassName())?.[0] !== optimizer.constructor)
    return 'its optimizer is not registered';
  if (optimizer.iterations > 0) return 'its optimizer has taken steps already';
  return {
    topology: model.toJSON(null, false) as object,
    weights: await Promise.all(model.getWeights().map(packTensor)),
    optimizer: {className: optimizer.getClassName(), config: optimizer.getConfig()},
    loss: loss as tfl.ModelCompileArgs['loss'],
    metrics: model.metrics as tfl.ModelCompileArgs['metrics'],
  };
}

/** A model like the one that was packed. Throws where a class is not registered in this thread. */
export async function unpackModel({
  topology,
  weights,
  optimizer,
  loss,
  metrics,
}: ModelParcel): Promise<tfl.LayersModel> {
  const model = await tfl.models.modelFromJSON(topology as Parameters<typeof tfl.models.modelFromJSON>[0]);
  const values = weights.map(unpackTensor);
  model.setWeights(values);
  tf.dispose(values);
  model.compile({optimizer: createOptimizer(optimizer), loss, ...(metrics && {metrics})});
  return model;
}

/** Copies a tensor into shared memory. */
export async function packTensor(tensor: tf.Tensor): Promise<PackedTensor> {
  const {shape, dtype} = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new TypeError(`tensors of ${dtype} cannot be sent to another thread`);
  }
  const source = await tensor.data();
  const bytes = new SharedArrayBuffer(source.byteLength);
  const values = new (source.constructor as Float32ArrayConstructor)(bytes) as unknown as PackedTensor['values'];
  values.set(source);
  return {shape, dtype, values};
}

/** The tensor that was packed; the caller disposes it. */
export function unpackTensor({values, shape, dtype}: PackedTensor): tf.Tensor {
  return tf.tensor(values, shape, dtype);
}

function createOptimizer({className, config}: ModelParcel['optimizer']): tf.Optimizer {
  const found = registeredOptimizer(className);
  if (found === undefined) throw new TypeError(`the optimizer ${className} is not registered`);
  const [optimizer, fromConfig] = found;
  return fromConfig(optimizer, config) as tf.Optimizer;
}

function registeredOptimizer(className: string): RegisteredClass | undefined {
  return tf.serialization.SerializationMap.getMap().classNameMap[className];
}

/** Whether it is made of strings and lists and records of them. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isPlain);
}

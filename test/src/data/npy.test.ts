import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import fc from 'fast-check';
import {readNpy, readNpz, writeNpy, writeNpz} from '../../../src/data/index.ts';
import {DataError, FormatError, ShapeError} from '../../../src/errors.ts';

interface Fixture {
  readonly npy: {
    readonly [name: string]: {readonly bytes: string; readonly shape: number[]; readonly values: number[]};
  };
  readonly npzCompressed: string;
  readonly npzStored: string;
  readonly text: string;
  readonly hugeInteger: string;
}

const fixture = JSON.parse(readFileSync(new URL('fixtures/npy.json', import.meta.url), 'utf8')) as Fixture;
const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

describe('readNpy', () => {
  for (const [name, {bytes, shape, values}] of Object.entries(fixture.npy)) {
    it(`reads what NumPy wrote: ${name}`, () => {
      const array = readNpy(decode(bytes));
      expect(array.shape).to.deep.equal(shape);
      expect(Array.from(array.data)).to.deep.equal(values);
    });
  }

  it('reads bytes that start at an odd offset of their buffer', () => {
    const bytes = decode(fixture.npy['<f8']?.bytes ?? '');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(Array.from(readNpy(shifted.subarray(3)).data)).to.deep.equal(fixture.npy['<f8']?.values);
  });

  it('refuses other files, other types, cut-off bytes and integers that float64 cannot hold', () => {
    expect(() => readNpy(new TextEncoder().encode('p0,p1,label\n0.1,0.9,1'))).to.throw(FormatError, /NUMPY/);
    expect(() => readNpy(new Uint8Array(0))).to.throw(FormatError, /NUMPY/);
    expect(() => readNpy(decode(fixture.text))).to.throw(FormatError, /<U1.*astype/);
    expect(() => readNpy(decode(fixture.hugeInteger))).to.throw(DataError, /1152921504606846977/);
    const bytes = decode(fixture.npy['<f8']?.bytes ?? '');
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readNpy(bytes.subarray(0, length)), `${length} bytes`).to.throw(FormatError);
    }
    const future = bytes.slice();
    future[6] = 9;
    expect(() => readNpy(future)).to.throw(FormatError, /version 1, 2 or 3, got 9/);
  });

  it('gives back what writeNpy wrote, for every type and shape', () => {
    const element = fc.integer({min: 0, max: 127});
    const types = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
    fc.assert(
      fc.property(fc.array(element, {maxLength: 30}), fc.constantFrom(...types), (values, Type) => {
        const data = Type.from(values);
        const array = readNpy(writeNpy({data, shape: [1, values.length]}));
        expect(array.data).to.deep.equal(data);
        expect(array.shape).to.deep.equal([1, values.length]);
      }),
      {seed: 1},
    );
  });

  it('writes a header that ends on a multiple of 64 bytes, as the format asks', () => {
    const bytes = writeNpy({data: Float64Array.of(1, 2, 3), shape: [3]});
    expect((bytes.length - 24) % 64).to.equal(0);
    expect(bytes[bytes.length - 25]).to.equal('\n'.charCodeAt(0));
    expect(() => writeNpy({data: Float64Array.of(1, 2, 3), shape: [2]})).to.throw(ShapeError, /2 elements/);
  });
});

describe('readNpz', () => {
  it('reads compressed and stored files of NumPy', () => {
    const arrays = readNpz(decode(fixture.npzCompressed));
    expect([...arrays.keys()]).to.have.members(['probs', 'labels']);
    expect(arrays.get('probs')).to.deep.equal({data: Float32Array.of(0.25, 0.75), shape: [1, 2]});
    expect(Array.from(readNpz(decode(fixture.npzStored)).get('mean')?.data ?? [])).to.deep.equal([1.5, 2.5]);
  });

  it('gives back what writeNpz wrote, and the same bytes each time', () => {
    const arrays = {a: {data: Int32Array.of(1, 2), shape: [2]}, b: {data: Float32Array.of(0.5), shape: []}};
    expect(Object.fromEntries(readNpz(writeNpz(arrays)))).to.deep.equal(arrays);
    expect(writeNpz(arrays)).to.deep.equal(writeNpz(arrays));
  });

  it('refuses what is no NPZ file', () => {
    expect(() => readNpz(new Uint8Array(40))).to.throw(FormatError, /numpy.savez/);
    expect(() => readNpz(decode(fixture.npzCompressed).subarray(0, 100))).to.throw(FormatError);
    expect(() => readNpz(writeNpz({}))).to.throw(FormatError, /without any/);
  });

  it('unpacks no more than it may', () => {
    const zeros = writeNpz({probs: {data: new Float64Array(100_000), shape: [100_000]}});
    expect(zeros.length).to.be.lessThan(2000);
    expect(readNpz(zeros, {maxBytes: 800_128}).size).to.equal(1);
    expect(() => readNpz(zeros, {maxBytes: 800_127})).to.throw(
      FormatError,
      /at most 800127 bytes, got a file that unpacks to 800128/,
    );
  });

  it('refuses damaged members: whatever byte is changed, what is read was written', () => {
    for (const whole of [decode(fixture.npzStored), decode(fixture.npzCompressed)]) {
      const written = [...readNpz(whole).values()];
      const complaints: string[] = [];
      for (let at = 0; at < whole.length; at++) {
        const damaged = whole.slice();
        damaged[at] = (whole[at] as number) ^ 1;
        try {
          for (const array of readNpz(damaged).values()) expect(written, `byte ${at}`).to.deep.include(array);
        } catch (error) {
          expect(error, `byte ${at}`).to.be.instanceOf(FormatError);
          complaints.push(String(error));
        }
      }
      expect(complaints.filter((message) => /\.npy with the checksum/.test(message))).to.have.length.above(50);
    }
  });
});

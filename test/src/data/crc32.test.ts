import {crc32 as reference} from 'node:zlib';
import {expect} from 'chai';
import {crc32} from '../../../src/data/crc32.ts';

describe('crc32', () => {
  it('has the check value of its definition, and agrees with zlib on every byte', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).to.equal(0xcbf43926);
    expect(crc32(new Uint8Array(0))).to.equal(0);
    const bytes = Uint8Array.from({length: 1000}, (_, i) => (i * 7) % 256);
    expect(crc32(bytes)).to.equal(reference(bytes));
  });
});

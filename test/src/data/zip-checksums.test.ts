import {expect} from 'chai';
import {writeNpz} from '../../../src/data/index.ts';
import {statedChecksums} from '../../../src/data/zip-checksums.ts';

describe('checksums of ZIP files', () => {
  it('are found in the directory, also behind a comment and where the file is larger than 32 bits can say', () => {
    const bytes = writeNpz({a: {data: Uint8Array.of(1, 2), shape: [2]}, b: {data: Uint8Array.of(3), shape: [1]}});
    const stated = statedChecksums(bytes);
    expect(new Set(stated).size).to.equal(2);
    const end = bytes.length - 22;
    const old = new DataView(bytes.buffer, bytes.byteOffset);
    const large = new Uint8Array(bytes.length + 56 + 20 + 9);
    large.set(bytes.subarray(0, end));
    const view = new DataView(large.buffer);
    view.setUint32(end, 0x06064b50, true);
    view.setBigUint64(end + 32, 2n, true);
    view.setBigUint64(end + 48, BigInt(old.getUint32(end + 16, true)), true);
    view.setUint32(end + 56, 0x07064b50, true);
    view.setBigUint64(end + 64, BigInt(end), true);
    view.setUint32(end + 76, 0x06054b50, true);
    view.setUint16(end + 84, 0xffff, true);
    view.setUint32(end + 92, 0xffffffff, true);
    view.setUint16(end + 96, 9, true);
    expect(statedChecksums(large)).to.deep.equal(stated);
    expect(() => statedChecksums(bytes.subarray(5))).to.throw(RangeError, /directory/);
  });
});

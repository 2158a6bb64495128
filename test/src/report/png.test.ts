import {crc32} from 'node:zlib';
import {expect} from 'chai';
import {unzlibSync} from 'fflate';
import {ShapeError} from '../../../src/errors.ts';
import {encodePng} from '../../../src/report/index.ts';
import {pngDataUri} from '../../../src/report/png.ts';

describe('encodePng', () => {
  const image = {width: 3, height: 2, pixels: [0, 127.6, 255, -4, 300, 12]};

  it('writes the chunks of the standard with their checksums', () => {
    const bytes = encodePng(image);
    expect([...bytes.subarray(0, 8)]).to.deep.equal([137, 80, 78, 71, 13, 10, 26, 10]);
    const view = new DataView(bytes.buffer);
    const chunks = new Map<string, Uint8Array>();
    for (let offset = 8; offset < bytes.length; ) {
      const length = view.getUint32(offset);
      const body = bytes.subarray(offset + 4, offset + 8 + length);
      expect(view.getUint32(offset + 8 + length)).to.equal(crc32(body));
      chunks.set(String.fromCharCode(...body.subarray(0, 4)), body.subarray(4));
      offset += 12 + length;
    }
    expect([...chunks.keys()]).to.deep.equal(['IHDR', 'IDAT', 'IEND']);
    expect([...(chunks.get('IHDR') ?? [])]).to.deep.equal([0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
    // Each line starts with its filter, 0 for none; values are rounded and clipped.
    expect([...unzlibSync(chunks.get('IDAT') ?? new Uint8Array())]).to.deep.equal([0, 0, 128, 255, 0, 0, 255, 12]);
  });

  it('inlines the bytes as base64', () => {
    const base64 = Buffer.from(encodePng(image)).toString('base64');
    expect(pngDataUri(image)).to.equal(`data:image/png;base64,${base64}`);
  });

  it('refuses a wrong number of pixels', () => {
    expect(() => encodePng({width: 2, height: 2, pixels: [1, 2, 3]})).to.throw(ShapeError, /2 x 2 pixels, got 3/);
    expect(() => encodePng({width: 0, height: 0, pixels: []})).to.throw(ShapeError);
  });
});

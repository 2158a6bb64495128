import {zlibSync} from 'fflate';
import {crc32} from '../data/crc32.ts';
import {ShapeError} from '../errors.ts';

/** A picture in grey: 0 is black, 255 is white. */
export interface GreyImage {
  /** Pixels per row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** `width * height` values from 0 to 255, row by row from the top; others are rounded and clipped. */
  readonly pixels: ArrayLike<number>;
}

/**
 * Encodes a grey picture as the bytes of a PNG file (8 bits per pixel; ISO/IEC 15948).
 *
 * @throws ShapeError where there are not `width * height` pixels.
 * @example
 * ```ts
 * import {encodePng} from 'tfjs-bayes';
 * const bytes = encodePng({width: 2, height: 2, pixels: [0, 255, 255, 0]});
 * console.log(bytes[1] === 'P'.charCodeAt(0));   // true
 * ```
 */
export function encodePng({width, height, pixels}: GreyImage): Uint8Array {
  if (!(width > 0 && height > 0) || pixels.length !== width * height) {
    throw new ShapeError(
      `encodePng: expected width x height = ${width} x ${height} pixels, got ${pixels.length}. Give one number per pixel.`,
    );
  }
  const lines = new Uint8Array(height * (width + 1));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = Math.round(pixels[row * width + column] as number);
      lines[row * (width + 1) + 1 + column] = Math.min(255, Math.max(0, value));
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return join([signature, chunk('IHDR', header), chunk('IDAT', zlibSync(lines)), chunk('IEND', new Uint8Array(0))]);
}

/** The picture as a `data:` address that an `img` element shows without a file or a network. */
export function pngDataUri(image: GreyImage): string {
  let binary = '';
  for (const byte of encodePng(image)) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

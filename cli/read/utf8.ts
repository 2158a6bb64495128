import {FormatError} from '../../src/errors.ts';

/**
 * Decodes UTF-8 piece by piece.
 *
 * @throws FormatError where the bytes are another encoding or no text; the message says which it seems to be.
 */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
  for await (const chunk of chunks) {
    if (chunk.includes(0)) {
      throw new FormatError(
        'expected text in UTF-8, got zero bytes. Is it UTF-16, or cut from a binary file? Convert it.',
      );
    }
    yield decode(() => decoder.decode(chunk, {stream: true}));
  }
  yield decode(() => decoder.decode());
}

function decode(read: () => string): string {
  try {
    return read();
  } catch (cause) {
    throw new FormatError('expected text in UTF-8, got bytes that are not. Is it Latin-1 or UTF-16? Convert it.', {
      cause,
    });
  }
}

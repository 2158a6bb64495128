import {rm} from 'node:fs/promises';
import {gzipSync} from 'node:zlib';
import {expect} from 'chai';
import {zipSync} from 'fflate';
import {parquetWriteBuffer} from 'hyparquet-writer';
import {writeNpy, writeNpz} from '../../../src/data/index.ts';
import {array, cli, temporaryFolder} from '../command.ts';

const csv = 'p0,p1,label\n0.5,0.5,0\n0.25,0.75,1\n';
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(`\uFEFF${text}`, 'utf16le'));
const parquet = (columns: {readonly [name: string]: readonly unknown[]}): Uint8Array => {
  const columnData = Object.entries(columns).map(([name, data]) => ({name, data: [...data]}));
  return new Uint8Array(
    parquetWriteBuffer({columnData: columnData as Parameters<typeof parquetWriteBuffer>[0]['columnData']}),
  );
};
const npz = () => writeNpz({probs: array([0.5, 0.5], 1, 2), labels: array([0])});

/** A ZIP file whose directory says that its only member unpacks to so many bytes. */
function bomb(stated: number): Uint8Array {
  const bytes = zipSync({'probs.npy': new Uint8Array(1000)});
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const entry =
    Array.from(bytes.keys()).find((at) => at + 4 <= bytes.length && view.getUint32(at, true) === 0x02014b50) ?? 0;
  view.setUint32(entry + 24, stated, true);
  return bytes;
}

describe('garbage in files', () => {
  const folder = temporaryFolder();
  /** Evaluates one file: exit status 2, nothing on stdout, one readable line on stderr. */
  const refuse = async (
    name: string,
    content: string | Uint8Array,
    words: RegExp,
    ...args: string[]
  ): Promise<void> => {
    const path = await folder.put(name, content);
    const {status, out, err} = await cli('evaluate', path, ...args);
    expect({status, out}, err).to.deep.equal({status: 2, out: ''});
    expect(err).to.match(words);
    expect(err.startsWith(`tfjs-bayes: ${path}: expected`), err).to.equal(true);
    expect(err.length).to.be.lessThan(600);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach the terminal
    expect(err).to.not.match(/[\x00-\x1f\x7f]/);
    await rm(path);
  };

  it('in CSV: empty, cut off, NaN, long lines, other encodings, HTML', async () => {
    await refuse('a.csv', '', /empty file/);
    await refuse('a.csv', '\n\n', /empty file/);
    await refuse('a.csv', csv.slice(0, -4), /3 cells on line 3, got 2. Is the file cut off/);
    await refuse('a.csv', csv.replace('0.75', 'NaN'), /line 3, column 'p1', got "NaN"/);
    await refuse('a.csv', csv.replace('0.75', ''), /line 3, column 'p1', got ""/);
    await refuse('a.csv', csv.replace('0.75', '1e999'), /line 3, column 'p1', got "1e999"/);
    await refuse(
      'a.csv',
      `p0,p1,label\n${'1'.repeat(10_000_000)}\n`,
      /lines of at most 4194304 characters, got a longer one/,
    );
    await refuse('a.csv', `${csv}"${'1,\n'.repeat(2_000_000)}`, /got quotes that are never closed/);
    await refuse('a.csv', csv.replaceAll(',', ';'), /separated by commas, got semicolons/);
    await refuse('a.csv', csv.replace('p1', 'p0'), /'p0' twice/);
    await refuse('a.csv', utf16(csv), /UTF-8, got zero bytes/);
    await refuse('a.csv', latin1(csv.replace('label', '\xe9tiquette')), /UTF-8, got bytes that are not. Is it Latin-1/);
    await refuse(
      'a.csv',
      csv.replace(',0\n', ',<img src=x onerror=alert(1)>\n'),
      /column 'label', got "<img src=x onerror=alert\(1\)>"/,
    );
    await refuse('a.csv', csv.replace('label', '<b>label</b>'), /got no label and the unknown "<b>label<\/b>"/);
    await refuse('a.csv', csv.replace(',0\n', ',\x1b[31mred\n'), /got "\\u001b\[31mred"/);
    await refuse('a.csv', '<!doctype html><title>404</title>', /got an HTML or XML page/);
    await refuse('a.csv', csv, /--label to name one of p0, p1, label, got 'truth'/, '--label', 'truth');
    await refuse('a.csv', csv, /--ignore to name columns/, '--ignore', 'id');
  });

  it('in JSON: cut off, other forms, ragged lists, text, other encodings', async () => {
    const rows = [
      {p0: 0.5, p1: 0.5, label: 0},
      {p0: 0.5, p1: 0.5, label: 1},
    ];
    const json = JSON.stringify(rows);
    await refuse('a.json', json.slice(0, -9), /JSON, got text that is none .*cut off/);
    await refuse('a.json', '[]', /list of rows/);
    await refuse('a.json', '{}', /list of rows/);
    await refuse('a.json', '{"probs": 1}', /list of rows/);
    await refuse('a.json', '[[0.5, 0.5]]', /list of rows/);
    await refuse('a.json', JSON.stringify([rows[0], {p0: 1}]), /the names p0, p1, label in every row, got p0 in row 1/);
    await refuse('a.json', json.replace('0.5', 'null'), /row 0, column 'p0', got nothing/);
    await refuse('a.json', json.replace('0.5', '"<b>"'), /row 0, column 'p0', got "<b>"/);
    await refuse(
      'a.json',
      '{"probs": [[0.5, 0.5], [1]], "labels": [0, 1]}',
      /one shape in column 'probs', got \[1\] after \[2\] on row 1/,
    );
    await refuse('a.json', '{"probs": [[0.5, 0.5]], "labels": [0, 1]}', /labels of shape \[1\] .* got \[2\]/);
    await refuse('a.json', latin1('{"p\xe9": [1]}'), /UTF-8/);
    await refuse('a.json', '{"__proto__": [1], "label": [0]}', /got|list of rows/);
  });

  it('in NPY and NPZ: cut off, other types, bombs', async () => {
    const npy = writeNpy(array([0.5, 0.5, 0.25, 0.75], 2, 2));
    const labels = await folder.put('labels.npy', writeNpy(array([0, 1])));
    await refuse('a.npy', npy.slice(0, -3), /bytes up to the end of the data/, '--labels', labels);
    await refuse('a.npy', npy.slice(0, 60), /up to the end of the header/, '--labels', labels);
    await refuse('a.npy', latin1('\x93NUMPY\x09\x00\x00\x00'), /format version 1, 2 or 3/, '--labels', labels);
    const header = Buffer.from(npy).toString('latin1');
    await refuse('a.npy', latin1(header.replace("'<f8'", "'|O8'")), /array of one of the types/, '--labels', labels);
    await refuse(
      'a.npy',
      latin1(header.replace('(2, 2)', '(2, 9)')),
      /bytes up to the end of the data/,
      '--labels',
      labels,
    );
    await refuse(
      'a.npy',
      writeNpy(array([0.5, 0.5], 1, 2)),
      /one truth per row in --labels, got 2 for 1 rows/,
      '--labels',
      labels,
    );
    await refuse(
      'a.npy',
      writeNpy(array([0.5, 0.5, 1, 0, 1, 0], 3, 2)),
      /--labels, got 2 for more rows/,
      '--labels',
      labels,
    );
    await refuse(
      'a.npy',
      writeNpy(array([0.5, Number.NaN, 1, 0], 2, 2)),
      /got NaN for class 1 on row 0/,
      '--labels',
      labels,
    );
    await refuse('a.npz', npz().slice(0, -30), /NPZ \(ZIP\) file/);
    await refuse('a.npz', zipSync({'a.txt': new Uint8Array(3)}), /at least one array/);
    await refuse('a.npz', bomb(2_000_000_000), /at most 1073741824 bytes, got a file that unpacks to 2000000000/);
    await refuse('a.npz', bomb(10), /checksum|do not open|NPY file/);
  });

  it('in Parquet: cut off, text, missing values, lists that differ', async () => {
    const good = parquet({p0: [0.5, 0.25], p1: [0.5, 0.75], label: [0, 1]});
    await refuse('a.parquet', good.slice(0, -20), /Parquet file, got one that does not open/);
    await refuse('a.parquet', good.slice(0, 40), /Parquet file, got one that does not open/);
    await refuse(
      'a.parquet',
      good.map((byte, i) => (i > 8 && i < 40 ? 0xff : byte)),
      /expected/,
    );
    await refuse('a.parquet', parquet({p0: [0.5], p1: [0.5], label: ['<b>']}), /row 0, column 'label', got "<b>"/);
    await refuse(
      'a.parquet',
      parquet({p0: [0.5, null], p1: [0.5, 0.5], label: [0, 1]}),
      /row 1, column 'p0', got nothing/,
    );
    await refuse('a.parquet', parquet({p0: [0.5], p1: [0.5], text: ['a'], label: [0]}), /column 'text', got "a"/);
    await refuse('a.gz', gzipSync(csv), /UTF-8/);
  });
});

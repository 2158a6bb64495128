import {expect} from 'chai';
import fc from 'fast-check';
import {readPlainLines} from '../../../cli/read/plain-csv.ts';

/** Cells by row, those that are no plain numbers as text. */
function cells(text: string): {rows: Array<Array<number | string>>; lines: number; ends: number[][]} {
  const rows: Array<Array<number | string>> = [];
  const ends: number[][] = [];
  const put = (row: number, column: number, cell: number | string): void => {
    const cellsOfRow = rows[row] ?? [];
    rows[row] = cellsOfRow;
    cellsOfRow[column] = cell;
  };
  const lines = readPlainLines(text, {number: put, text: put, end: (...end) => ends.push(end)});
  return {rows, lines, ends};
}

describe('lines without quotes', () => {
  it('read like Number, to the last bit', () => {
    const number = fc.oneof(
      fc.double({noNaN: true, noDefaultInfinity: true}).map(String),
      fc.double({min: -1, max: 1, noNaN: true}).map((value) => value.toFixed(12)),
      fc.integer().map(String),
      fc.constantFrom(
        '0.1',
        '-0',
        '.5',
        '5.',
        '-.25',
        '00.3',
        '123456789012345',
        '1234567890123456',
        '0.000000000000001',
      ),
    );
    fc.assert(
      fc.property(fc.array(number, {minLength: 1, maxLength: 5}), (texts) => {
        const [row = []] = cells(texts.join(',')).rows;
        expect(row.map(Number)).to.deep.equal(texts.map(Number));
      }),
      {seed: 1},
    );
  });

  it('leave what is no plain number as text, count lines, and pass over blank ones', () => {
    expect(cells('1,a,-\r\n\n  \n,1e3,.\n2')).to.deep.equal({
      rows: [[1, 'a', '-'], ['', '1e3', '.'], [2]],
      lines: 5,
      ends: [
        [0, 3, 0],
        [1, 3, 3],
        [2, 1, 4],
      ],
    });
    expect(cells('1,2,\n').rows).to.deep.equal([[1, 2, '']]);
    expect(cells('').rows).to.deep.equal([]);
  });
});

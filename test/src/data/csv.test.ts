import {expect} from 'chai';
import {readCsv, tableColumn} from '../../../src/data/index.ts';
import {DataError, FormatError} from '../../../src/errors.ts';

describe('readCsv', () => {
  it('reads numbers by column, whatever the line ends, quotes, blank lines and byte-order mark', () => {
    const table = readCsv('\ufeffa, "b",c\r\n1,-2e-3,"3"\r\n\r\n4,5,6\r\n');
    expect(table.columns).to.deep.equal(['a', '"b"', 'c']);
    expect(readCsv('a,"b"\n1,2').columns).to.deep.equal(['a', 'b']);
    expect(table.rows).to.equal(2);
    expect(table.lines).to.deep.equal([2, 4]);
    expect([...table.data]).to.deep.equal([1, -0.002, 3, 4, 5, 6]);
    expect([...tableColumn(table, 'c')]).to.deep.equal([3, 6]);
  });

  it('keeps every digit of a float64', () => {
    expect(readCsv('x\n0.30000000000000004\n').data[0]).to.equal(0.1 + 0.2);
  });

  it('names line and column of a cell that is not a finite number', () => {
    for (const cell of ['', 'abc', 'NaN', 'nan', 'inf', 'Infinity', '1.2.3', '-']) {
      expect(() => readCsv(`a,b\n1,2\n\n3,${cell}\n`), cell).to.throw(DataError, /line 4, column 'b', got/);
    }
  });

  it('names the line that has too few or too many cells', () => {
    expect(() => readCsv('a,b\n1,2\n3\n')).to.throw(FormatError, /expected 2 cells on line 3, got 1/);
    expect(() => readCsv('a,b\n1,2,3\n')).to.throw(FormatError, /expected 2 cells on line 2, got 3/);
  });

  it('refuses a missing header, an empty text and columns without a name of their own', () => {
    expect(() => readCsv('')).to.throw(FormatError, /empty text/);
    expect(() => readCsv('0.1,0.9,1\n0.5,0.5,0\n')).to.throw(FormatError, /got numbers \(0.1, 0.9, 1, ...\)/);
    expect(() => readCsv('a,a\n1,2\n')).to.throw(FormatError, /'a' twice/);
    expect(() => readCsv('a,\n1,2\n')).to.throw(FormatError, /column 2/);
  });

  it('lists the columns there are when one is missing', () => {
    expect(() => tableColumn(readCsv('a,b\n1,2\n'), 'c')).to.throw(DataError, /a, b, got 'c'/);
  });
});

import {expect} from 'chai';
import {cleanOutputs} from '../../notebooks/support/clean-outputs.ts';
import type {Notebook, Output} from '../../notebooks/support/notebook.ts';

const withOutputs = (...outputs: Output[]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {kernelspec: {name: 'deno'}, language_info: {name: 'typescript'}},
  cells: [
    {cell_type: 'markdown', id: 'abc', metadata: {}, source: '# Title'},
    {cell_type: 'code', id: 'def', metadata: {execution: {started: 'now'}}, source: '1', outputs, execution_count: 1},
  ],
});
const clean = (...outputs: Output[]): Notebook => cleanOutputs(withOutputs(...outputs), '/somewhere/project');
const cleaned = (...outputs: Output[]): Output[] | undefined => clean(...outputs).cells[1]?.outputs;

describe('cleanOutputs', () => {
  it('names cells by their place and drops timings', () => {
    const {cells, metadata} = clean();
    expect(cells.map(({id, metadata}) => ({id, metadata}))).to.deep.equal([
      {id: 'cell-1', metadata: {}},
      {id: 'cell-2', metadata: {}},
    ]);
    expect(cells[0]).to.not.have.property('outputs');
    expect(metadata.kernelspec?.name).to.equal('deno');
  });

  it('joins prints of one stream that follow each other, line by line', () => {
    const print = (name: string, text: string): Output => ({output_type: 'stream', name, text});
    expect(
      cleaned(print('stdout', 'a\nb'), print('stdout', 'c\n'), print('stderr', 'd'), print('stdout', 'e')),
    ).to.deep.equal([
      {output_type: 'stream', name: 'stdout', text: ['a\n', 'bc\n']},
      {output_type: 'stream', name: 'stderr', text: ['d']},
      {output_type: 'stream', name: 'stdout', text: ['e']},
    ]);
  });

  it('puts the folder of the project out of prints and values', () => {
    expect(
      cleaned(
        {output_type: 'stream', name: 'stdout', text: 'at file:///somewhere/project/src/a.ts'},
        {output_type: 'execute_result', data: {'text/plain': '/somewhere/project/b'}, metadata: {}, execution_count: 1},
      ),
    ).to.deep.equal([
      {output_type: 'stream', name: 'stdout', text: ['at ./src/a.ts']},
      {output_type: 'execute_result', data: {'text/plain': ['./b']}, metadata: {}, execution_count: 1},
    ]);
  });

  it('keeps a picture without the text that stands for it', () => {
    const shown: Output = {output_type: 'display_data', data: {'image/svg+xml': '<svg/>', 'text/plain': 'Object'}};
    expect(cleaned(shown)?.[0]?.data).to.deep.equal({'image/svg+xml': ['<svg/>']});
  });
});

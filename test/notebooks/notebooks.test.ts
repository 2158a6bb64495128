import {existsSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import ts from 'typescript';
import {type Cell, codeOf, folder, joined, notebookNames, readNotebook} from '../../notebooks/support/notebook.ts';

const names = notebookNames();
const KINDS = ['stream', 'display_data', 'execute_result'];
const MEGABYTE = 2 ** 20;
/** What betrays the machine that a notebook ran on. */
const MACHINE = /file:\/\/|\/(home|root|work|tmp|Users|usr|opt)\//;

interface Import {
  readonly from: string;
  /** Names that exist at run time; types are left out. */
  readonly names: readonly string[];
}

function importsOf(code: string): Import[] {
  const {statements} = ts.createSourceFile('cells.ts', code, ts.ScriptTarget.Latest);
  return statements.filter(ts.isImportDeclaration).map(({moduleSpecifier, importClause}) => {
    const {namedBindings} = importClause ?? {};
    const elements = namedBindings && ts.isNamedImports(namedBindings) ? [...namedBindings.elements] : [];
    const values = elements.filter(({isTypeOnly}) => !isTypeOnly);
    return {
      from: (moduleSpecifier as ts.StringLiteral).text,
      names: values.map(({name, propertyName}) => (propertyName ?? name).text),
    };
  });
}

const codeCells = (cells: readonly Cell[]): Cell[] => cells.filter(({cell_type}) => cell_type === 'code');

describe('the notebooks', () => {
  it('are there, in their order', () => {
    const numbers = names.map((name) => name.slice(0, 2));
    expect(numbers).to.include.members(['01', '02', '03', '04', '05', '06', '07', '09']);
    expect(new Set(numbers).size).to.equal(names.length);
  });

  it('stay small', () => {
    const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).to.be.below(2 * MEGABYTE);
  });

  for (const name of names) {
    describe(name, () => {
      const {nbformat, nbformat_minor, metadata, cells} = readNotebook(join(folder, name));
      const outputs = codeCells(cells).flatMap(({outputs}) => outputs ?? []);

      it('is a notebook of nbformat 4 for the Deno kernel that begins with its question', () => {
        expect(nbformat).to.equal(4);
        expect(nbformat_minor).to.be.at.least(5);
        expect(metadata.kernelspec?.name).to.equal('deno');
        expect(metadata.language_info?.name).to.equal('typescript');
        expect(new Set(cells.map(({id}) => id)).size).to.equal(cells.length);
        for (const {id, cell_type, source} of cells) {
          expect(id).to.match(/^[a-zA-Z0-9_-]{1,64}$/);
          expect(cell_type).to.be.oneOf(['markdown', 'code']);
          expect(joined(source)).to.not.equal('');
        }
        expect(cells[0]?.cell_type).to.equal('markdown');
        expect(joined(cells[0]?.source ?? '')).to.match(/^# .+\n\n/);
      });

      it('keeps the outputs of one run from the first cell to the last, without an error', () => {
        const counts = codeCells(cells).map(({execution_count}) => execution_count);
        expect(counts).to.deep.equal(counts.map((_, i) => i + 1));
        for (const output of outputs) {
          expect(output.output_type).to.be.oneOf(KINDS);
          expect(output.name).to.not.equal('stderr');
        }
        const printed = outputs.filter(({output_type}) => output_type === 'stream');
        expect(printed.length).to.be.at.least(3);
        const pictures = outputs.flatMap(({data = {}}) =>
          Object.entries(data).filter(([type]) => type.startsWith('image/')),
        );
        expect(pictures.length).to.be.at.least(1);
        for (const [type, text] of pictures) {
          if (type === 'image/svg+xml')
            expect(joined(text)).to.match(/^<svg role="img" aria-label="[^"]{20,}"[\s\S]*<\/svg>\s*$/);
        }
      });

      it('says nothing of the machine it ran on, and prints real numbers', () => {
        for (const output of outputs) expect(JSON.stringify(output)).to.not.match(MACHINE);
        for (const {text} of outputs) expect(joined(text ?? '')).to.not.match(/undefined|\[object/);
      });

      it('imports what exists', async () => {
        const imports = importsOf(codeOf({nbformat, nbformat_minor, metadata, cells}));
        expect(imports.some(({from}) => from.startsWith('tfjs-bayes'))).to.equal(true);
        for (const {from, names} of imports) {
          const path = from.startsWith('.') ? join(folder, from) : from;
          if (from.startsWith('.')) expect(existsSync(path), from).to.equal(true);
          const exported: object = await import(path);
          for (const one of names) expect(exported, from).to.have.property(one);
        }
      });
    });
  }
});

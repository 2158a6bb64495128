import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** A string, or its lines: nbformat allows both. */
export type Text = string | string[];

/** What a cell printed or showed. */
export interface Output {
  output_type: 'stream' | 'display_data' | 'execute_result' | 'error';
  name?: string;
  text?: Text;
  data?: {[mimeType: string]: Text};
  metadata?: object;
  execution_count?: number | null;
}

/** A cell of text or of code. */
export interface Cell {
  cell_type: 'markdown' | 'code' | 'raw';
  id: string;
  metadata: object;
  source: Text;
  outputs?: Output[];
  execution_count?: number | null;
}

/** A notebook as nbformat 4 writes it. */
export interface Notebook {
  nbformat: number;
  nbformat_minor: number;
  metadata: {kernelspec?: {name: string}; language_info?: {name: string}};
  cells: Cell[];
}

/** The folder of the notebooks. */
export const folder = join(import.meta.dirname, '..');

/** The file names of the notebooks in their order. */
export function notebookNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ipynb'))
    .sort();
}

/** Reads a notebook. */
export function readNotebook(path: string): Notebook {
  return JSON.parse(readFileSync(path, 'utf8')) as Notebook;
}

/** Writes a notebook as Jupyter does: an indent of one space. */
export function writeNotebook(path: string, notebook: Notebook): void {
  writeFileSync(path, `${JSON.stringify(notebook, null, 1)}\n`);
}

/** A text of nbformat as one string. */
export function joined(text: Text): string {
  return typeof text === 'string' ? text : text.join('');
}

/** The code of a notebook as one module: what one cell declares, the next ones use. */
export function codeOf({cells}: Notebook): string {
  const code = cells.filter((cell) => cell.cell_type === 'code').map(({source}) => joined(source));
  return `${code.join('\n')}\nexport {};\n`;
}

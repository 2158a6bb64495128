import {joined, type Notebook, type Output, type Text} from './notebook.ts';

/**
 * The notebook with outputs that are the same wherever it runs: consecutive prints in one, pictures without the text that stands for
 * them, no metadata and no path of this machine.
 *
 * @param root - folder of the project: in an output it becomes `.`
 */
export function cleanOutputs(notebook: Notebook, root: string): Notebook {
  const cells = notebook.cells.map((cell, i) => {
    const {outputs = []} = cell;
    const named = {...cell, id: `cell-${i + 1}`, metadata: {}};
    return cell.cell_type === 'code'
      ? {...named, outputs: merged(outputs.map((output) => cleaned(output, root)))}
      : named;
  });
  const {kernelspec, language_info} = notebook.metadata;
  return {...notebook, metadata: {...(kernelspec && {kernelspec}), ...(language_info && {language_info})}, cells};
}

function cleaned(output: Output, root: string): Output {
  const clean = (text: Text): string[] => lines(joined(text).replaceAll(`file://${root}`, '.').replaceAll(root, '.'));
  if (output.output_type === 'stream') return {...output, text: clean(output.text ?? '')};
  if (output.data === undefined) return output;
  const kept = Object.entries(output.data).filter(([type]) => type !== 'text/plain' || !pictured(output));
  return {...output, data: Object.fromEntries(kept.map(([type, text]) => [type, clean(text)])), metadata: {}};
}

const pictured = ({data = {}}: Output): boolean => Object.keys(data).some((type) => type.startsWith('image/'));

/** One output for prints that follow each other on one stream; the kernel cuts them by time. */
function merged(outputs: readonly Output[]): Output[] {
  const result: Output[] = [];
  for (const output of outputs) {
    const last = result.at(-1);
    if (output.output_type === 'stream' && last?.output_type === 'stream' && last.name === output.name) {
      last.text = lines(joined(last.text ?? '') + joined(output.text ?? ''));
    } else result.push({...output});
  }
  return result;
}

/** A text as nbformat keeps it: its lines with their ends. */
function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

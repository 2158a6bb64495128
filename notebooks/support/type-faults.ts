import {join} from 'node:path';
import ts from 'typescript';
import {codeOf, folder, type Notebook} from './notebook.ts';

/** What TypeScript has against the code of the notebooks, as `name: what`; the kernel itself does not check types. */
export function typeFaults(notebooks: ReadonlyMap<string, Notebook>): string[] {
  const root = join(folder, '..');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const {options: strict} = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const options = {
    ...strict,
    noUnusedLocals: false,
    noUncheckedIndexedAccess: false,
    exactOptionalPropertyTypes: false,
  };
  const sources = new Map(
    [...notebooks].map(([name, notebook]) => [join(folder, `${name}.ts`), {name, code: codeOf(notebook)}]),
  );

  const host = ts.createCompilerHost(options);
  const {fileExists, readFile} = host;
  host.fileExists = (path) => sources.has(path) || fileExists.call(host, path);
  host.readFile = (path) => sources.get(path)?.code ?? readFile.call(host, path);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources].flatMap(([path, {name, code}]) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((fault) => {
      const line = code.slice(0, fault.start).split('\n').length;
      return `${name}: ${ts.flattenDiagnosticMessageText(fault.messageText, '\n')}\n    ${code.split('\n')[line - 1]}`;
    });
  });
}

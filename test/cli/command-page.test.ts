import {readFile} from 'node:fs/promises';
import {expect} from 'chai';
import {classCsv, cli, numberCsv, temporaryFolder} from './command.ts';

/** The commands of a page with the output that it shows. */
function consoleBlocks(page: string): Array<{args: string[]; shown: string}> {
  return [...page.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ tfjs-bayes /m)
      .slice(1)
      .map((run) => {
        const [line = '', ...rest] = run.split('\n');
        return {args: line.split(' '), shown: rest.join('\n').trim()};
      }),
  );
}

describe('docs/command.md', () => {
  const folder = temporaryFolder();
  const home = process.cwd();
  afterEach(() => process.chdir(home));

  it('shows what the commands print', async () => {
    const runs = consoleBlocks(await readFile(new URL('../../docs/command.md', import.meta.url), 'utf8'));
    expect(new Set(runs.map(({args}) => args[0]))).to.include.members([
      'evaluate',
      'compare',
      'calibrate',
      'conformal',
    ]);
    await folder.put('sure.csv', classCsv(1000, {sharpness: 2.5, seed: 1}));
    await folder.put('careful.csv', classCsv(1000, {seed: 1}));
    await folder.put('held-out.csv', classCsv(500, {sharpness: 2.5}));
    await folder.put('numbers.csv', numberCsv(800, {seed: 1}));
    await folder.put('held-out-numbers.csv', numberCsv(400));
    process.chdir(folder.path);
    for (const {args, shown} of runs) {
      const {out, err} = await cli(...args);
      expect(
        [out, err]
          .join('\n')
          .trim()
          .replaceAll(/[ \t]+$/gm, ''),
        args.join(' '),
      ).to.equal(shown);
    }
  });
});

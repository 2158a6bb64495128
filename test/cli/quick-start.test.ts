import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {classCsv, temporaryFolder} from './command.ts';

/** Runs commands in turn, then imports TensorFlow.js itself; prints the parts of it that were loaded after each. */
const program = `
  import {createRequire} from 'node:module';
  import {run} from ${JSON.stringify(new URL('../../cli/run.ts', import.meta.url))};
  const loaded = () => Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache).filter((path) => path.includes('@tensorflow'));
  const seen = [];
  for (const command of JSON.parse(process.argv[1])) {
    const status = await run(command, {print: () => undefined, complain: console.error});
    seen.push([command[0], status, loaded().length]);
  }
  await import('@tensorflow/tfjs-core');
  console.log(JSON.stringify({seen, known: loaded().length > 0}));
`;

describe('the command on files of predictions', () => {
  const folder = temporaryFolder();

  it('never loads TensorFlow.js', async () => {
    const [a, b] = [await folder.put('a.csv', classCsv(60)), await folder.put('b.csv', classCsv(60, {sharpness: 3}))];
    const commands = [
      ['--version'],
      ['compare', a, b],
      ['evaluate', a, b],
      ['evaluate', a, '--html', `${folder.path}/a.html`],
    ];
    const flags = ['--import', 'tsx', '--input-type=module', '--eval', program, JSON.stringify(commands)];
    const {stdout, stderr} = await promisify(execFile)(process.execPath, flags);
    const {seen, known} = JSON.parse(stdout);
    expect(seen, stderr).to.deep.equal(commands.map(([name]) => [name, 0, 0]));
    expect(known).to.equal(true);
  });
});

import {appendFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {build, preview} from 'vite';
import {findChromium, launchChromium} from '../browser/chromium.ts';
import {checks} from './checks.ts';
import {Visit} from './visit.ts';

/** Builds the playground and uses it in chromium as a person would; where there is no chromium, says so in one line. */
const root = join(import.meta.dirname, '../../playground');
const {values} = parseArgs({
  options: {
    /** Fail where there is no chromium. */
    require: {type: 'boolean', default: false},
    /** A folder for screenshots of what was seen. */
    pictures: {type: 'string'},
    /** Only the checks whose names contain this. */
    only: {type: 'string', default: ''},
  },
});

const executable = findChromium();
if (executable === undefined) {
  console.log('test:playground: skipped: there is no chromium on the PATH (apt-get install chromium, or set CHROMIUM)');
  process.exit(values.require ? 1 : 0);
}

const outDir = mkdtempSync(join(tmpdir(), 'playground-'));
await build({root, logLevel: 'warn', build: {outDir, emptyOutDir: true}});
const server = await preview({root, build: {outDir}, preview: {port: 0, host: '127.0.0.1'}});
const address = server.httpServer.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
const browser = await launchChromium(executable);
const counts = {passed: 0, failed: 0, pending: 0};
console.log(`chromium ${browser.version()}, the built page:`);
try {
  for (const [name, check] of Object.entries(checks).filter(([name]) => name.includes(values.only))) {
    const visit = new Visit(browser, url, values.pictures);
    try {
      await check(visit);
      visit.expectQuiet();
      counts.passed++;
      console.log(`  ✔ ${name}${visit.remark}`);
    } catch (error) {
      counts.failed++;
      console.log(`  ${counts.failed}) ${name}\n${error instanceof Error ? error.stack : String(error)}`);
    } finally {
      await visit.close();
    }
  }
} finally {
  await browser.close();
  await new Promise((resolve) => server.httpServer.close(resolve));
  rmSync(outDir, {recursive: true, force: true});
}

console.log(`\n  ${counts.passed} passing${counts.failed > 0 ? `, ${counts.failed} failing` : ''}`);
const file = process.env.TFJS_BAYES_COUNTS;
if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

import {appendFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {expect} from 'chai';
import {preview} from 'vite';
import {findChromium, launchChromium} from '../browser/chromium.ts';
import {builds} from './builds.ts';
import {checks} from './checks.ts';

/** Builds the pages of docs/examples/apps and opens them in chromium; where there is no chromium, says so in one line. */
const {values} = parseArgs({
  options: {
    /** Fail where there is no chromium. */
    require: {type: 'boolean', default: false},
    /** A folder for screenshots of what was seen. */
    pictures: {type: 'string'},
    /** Only the pages whose names contain this. */
    only: {type: 'string', default: ''},
  },
});

const executable = findChromium();
if (executable === undefined) {
  console.log('test:apps: skipped: there is no chromium on the PATH (apt-get install chromium, or set CHROMIUM)');
  process.exit(values.require ? 1 : 0);
}

const browser = await launchChromium(executable);
const counts = {passed: 0, failed: 0, pending: 0};
console.log(`chromium ${browser.version()}, the built pages:`);
for (const [name, build] of Object.entries(builds).filter(([name]) => name.includes(values.only))) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    await build(name, join(folder, 'site'));
    await open(name, folder);
    counts.passed++;
    console.log(`  ✔ ${name}`);
  } catch (error) {
    counts.failed++;
    console.log(`  ${counts.failed}) ${name}\n${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
await browser.close();

console.log(`\n  ${counts.passed} passing${counts.failed > 0 ? `, ${counts.failed} failing` : ''}`);
const file = process.env.TFJS_BAYES_COUNTS;
if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

/** Serves the folder, looks at the page, and expects it to have complained of nothing. */
async function open(name: string, folder: string): Promise<void> {
  const server = await preview({
    root: folder,
    configFile: false,
    build: {outDir: 'site'},
    preview: {port: 0, host: '127.0.0.1'},
  });
  const page = await browser.newPage({viewport: {width: 390, height: 900}});
  try {
    page.setDefaultTimeout(240_000);
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error.stack)));
    page.on('requestfailed', (request) => complaints.push(`not loaded: ${request.url()}`));
    const address = server.httpServer.address();
    await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
    await checks[name]?.(page);
    if (values.pictures !== undefined) {
      await page.screenshot({path: join(values.pictures, `${name}.png`), fullPage: true});
    }
    expect(complaints.join('\n'), 'console').to.equal('');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(390);
  } finally {
    await page.close();
    await new Promise((resolve) => server.httpServer.close(resolve));
  }
}

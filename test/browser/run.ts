import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {bundleContracts} from './bundle.ts';
import {findChromium, launchChromium} from './chromium.ts';
import type {PageEvent} from './page.ts';

/** Runs the contract tables in chromium on WebGL; where there is no chromium, says so in one line. */
const root = join(import.meta.dirname, '../..');
const {values} = parseArgs({
  options: {
    backend: {type: 'string', default: 'webgl'},
    /** Where the specs are. */
    folder: {type: 'string', default: 'test/contracts'},
    /** Fail where there is no chromium. */
    require: {type: 'boolean', default: false},
  },
});

const executable = findChromium();
if (executable === undefined) {
  console.log('test:browser: skipped: there is no chromium on the PATH (apt-get install chromium, or set CHROMIUM)');
  process.exit(values.require ? 1 : 0);
}

const counts = {passed: 0, failed: 0, pending: 0};
const failures: string[] = [];

function show(event: PageEvent): void {
  const mark = {suite: '', pass: '✔ ', pending: '- ', fail: `${failures.length + 1}) `}[event.kind];
  console.log(`${'  '.repeat(event.depth)}${mark}${event.title}`);
  if (event.kind === 'pass') counts.passed++;
  if (event.kind === 'pending') counts.pending++;
  if (event.kind === 'fail') {
    counts.failed++;
    failures.push(`${failures.length + 1}) ${event.title}\n${event.error}`);
  }
}

const script = await bundleContracts(root, values.folder, values.backend);
const browser = await launchChromium(executable);
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) =>
    show({kind: 'fail', depth: 1, title: 'uncaught error in the page', error: String(error.stack)}),
  );
  // The page lives on no server; whatever it asks for beyond itself is refused.
  await page.route('**/*', (route) => {
    const isPage = route.request().url() === 'http://localhost/';
    return isPage
      ? route.fulfill({contentType: 'text/html', body: '<!doctype html><title>contracts</title>'})
      : route.abort();
  });
  await page.goto('http://localhost/');
  await page.exposeFunction('report', show);
  await page.addScriptTag({path: join(root, 'node_modules/mocha/mocha.js')});
  await page.addScriptTag({content: script});
  console.log(`chromium ${browser.version()}, ${values.backend}:`);
  await page.evaluate(`contracts.runSpecs(${JSON.stringify(values.backend)})`);
} catch (error) {
  show({
    kind: 'fail',
    depth: 1,
    title: 'the page',
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
} finally {
  await browser.close();
}

console.log(`\n  ${counts.passed} passing${counts.failed > 0 ? `, ${counts.failed} failing` : ''}`);
for (const failure of failures) console.log(`\n  ${failure}`);
const file = process.env.TFJS_BAYES_COUNTS;
if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
process.exit(counts.failed === 0 && counts.pending === 0 && counts.passed > 0 ? 0 : 1);

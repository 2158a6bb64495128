import {useBackend} from '../support/backend.ts';

/** What the page tells the process that opened it. */
export type PageEvent =
  | {kind: 'suite' | 'pass' | 'pending'; depth: number; title: string}
  | {kind: 'fail'; depth: number; title: string; error: string};

/** Given to the page by the process that opened it. */
declare function report(event: PageEvent): void;

class Silent {}

mocha.setup({ui: 'bdd', timeout: 120000, reporter: Silent as never});

const depth = (item: Mocha.Suite | Mocha.Test): number => (item.parent === undefined ? 0 : 1 + depth(item.parent));

/** Runs every spec that was imported after this file. */
export async function runSpecs(backend: string): Promise<void> {
  await useBackend(backend);
  await new Promise<void>((resolve) => {
    mocha
      .run()
      .on('suite', (suite) => {
        if (suite.title !== '') report({kind: 'suite', depth: depth(suite), title: suite.title});
      })
      .on('pass', (test) => report({kind: 'pass', depth: depth(test), title: test.title}))
      .on('pending', (test) => report({kind: 'pending', depth: depth(test), title: test.title}))
      .on('fail', (test, error) => {
        report({kind: 'fail', depth: depth(test), title: test.fullTitle(), error: error.stack ?? String(error)});
      })
      .on('end', () => resolve());
  });
}

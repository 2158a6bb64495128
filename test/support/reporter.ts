import {appendFileSync} from 'node:fs';
import Mocha from 'mocha';

/** Mocha's spec reporter; with TFJS_BAYES_COUNTS set it also adds a line `{passed, failed}` to that file. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.TFJS_BAYES_COUNTS;
      if (file === undefined) return;
      const counts = {passed: this.stats.passes, failed: this.stats.failures, pending: this.stats.pending};
      appendFileSync(file, `${JSON.stringify(counts)}\n`);
    });
  }
}

import {expect} from 'chai';
import {nearest} from '../../../cli/options/nearest.ts';
import {cli} from '../command.ts';

describe('the command line', () => {
  it('is helped by examples for each command', async () => {
    const all = await cli('--help');
    expect(all.out).to.contain('Exit status: 0 done; 2 wrong usage');
    for (const command of ['evaluate', 'compare', 'calibrate', 'conformal', 'laplace']) {
      expect(all.out).to.contain(`tfjs-bayes ${command} `);
      const {status, out} = await cli(command, '--help');
      expect(status).to.equal(0);
      expect(out).to.match(new RegExp(`Examples\\n  tfjs-bayes ${command} `));
      expect(await cli('help', command)).to.deep.equal({status, out, err: ''});
      expect(out.split('\n').every((line) => line.length <= 140)).to.equal(true);
      const shown = out.match(/(?<=\n {2}tfjs-bayes )(.*)/g)?.slice(1) ?? [];
      for (const example of shown) {
        const {err} = await cli(
          ...example.split(' ').map((word) => word.replace(/\.(csv|npz|npy|json|parquet|bin)$/, '.none.$1')),
        );
        expect(err, example).to.match(/nothing under that path/);
      }
    }
    expect(await cli('help')).to.deep.equal(all);
  });

  it('knows the near name of a command or option', async () => {
    expect((await cli('evaluat')).err).to.match(/got 'evaluat'; did you mean evaluate\? See tfjs-bayes --help\.$/);
    expect((await cli('compare', '--basline', 'x')).err).to.match(
      /'--basline'; did you mean --baseline\? See tfjs-bayes compare --help\.$/,
    );
    expect((await cli('help', 'calibrat')).err).to.contain('did you mean calibrate?');
    expect((await cli('--hlep')).err).to.contain('did you mean --help?');
    expect((await cli('evaluate', '--zzz')).err).to.not.contain('did you mean');
    expect(nearest('conform', ['compare', 'conformal'])).to.equal('conformal');
    expect(nearest('cabilrate', ['compare', 'calibrate'])).to.equal('calibrate');
    expect(nearest('xyz', ['abc'])).to.equal(undefined);
  });
});

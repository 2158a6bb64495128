import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {classCalibrationMethods} from '../../../src/calibration/index.ts';
import {closeTo} from '../../support/close.ts';
import {classCsv, cli, numberCsv, temporaryFolder} from '../command.ts';

describe('tfjs-bayes calibrate', () => {
  const folder = temporaryFolder();

  it('undoes what makes a net too sure, and writes what evaluate reads', async () => {
    const fit = await folder.put('fit.csv', classCsv(2000, {sharpness: 2.5}));
    const apply = await folder.put('apply.csv', classCsv(1000, {sharpness: 2.5, seed: 1}));
    const [out, map] = [join(folder.path, 'out.csv'), join(folder.path, 'map.json')];
    const {
      status,
      out: printed,
      err,
    } = await cli('calibrate', '--fit', fit, '--apply', apply, '--out', out, '--save-map', map, '--json');
    expect({status, err}).to.deep.equal({status: 0, err: ''});
    const {calibration, before, after} = JSON.parse(printed);
    expect(calibration.temperature).to.be.within(2.2, 2.8);
    expect(after.scores.negativeLogLikelihood).to.be.lessThan(before.scores.negativeLogLikelihood);
    const judged = JSON.parse((await cli('evaluate', out, '--json')).out)[0];
    closeTo(judged.scores.negativeLogLikelihood, after.scores.negativeLogLikelihood, {rtol: 1e-12});
    const again = await cli('calibrate', '--map', map, '--apply', apply, '--json');
    expect(JSON.parse(again.out).after).to.deep.equal(after);
    const text = (await cli('calibrate', '--map', map, '--apply', apply, '--out', out)).out;
    expect(text)
      .to.match(/Temperature 2\.\d+: the model was too sure\./)
      .and.match(/before +after/)
      .and.contain(`Wrote ${out}.`);
  });

  it('knows every method, and a saved map of each calibrates alike', async () => {
    const fit = await folder.put('fit.csv', classCsv(300, {sharpness: 2}));
    const apply = await folder.put('apply.csv', classCsv(50, {sharpness: 2, seed: 1}));
    const map = join(folder.path, 'map.json');
    for (const method of classCalibrationMethods) {
      const {status, out, err} = await cli(
        'calibrate',
        '--fit',
        fit,
        '--apply',
        apply,
        '--method',
        method,
        '--save-map',
        map,
        '--json',
      );
      expect(status, err).to.equal(0);
      const {after} = JSON.parse((await cli('calibrate', '--map', map, '--apply', apply, '--json')).out);
      expect(after, method).to.deep.equal(JSON.parse(out).after);
    }
  });

  it('takes logits as they are, without the detour over probabilities', async () => {
    const logits = classCsv(200)
      .split('\n')
      .map((line, i) => {
        if (i === 0) return 'logit0,logit1,logit2,label';
        const cells = line.split(',');
        return cells.length < 4
          ? line
          : [...cells.slice(0, 3).map((p) => 3 * Math.log(Number(p)) + 9), cells[3]].join(',');
      });
    const fit = await folder.put('logits.csv', logits.join('\n'));
    const probs = await folder.put('probs.csv', classCsv(200, {sharpness: 3}));
    const temperature = async (path: string): Promise<number> =>
      JSON.parse((await cli('calibrate', '--fit', path, '--save-map', join(folder.path, 'm.json'), '--json')).out)
        .calibration.temperature;
    closeTo(await temperature(fit), await temperature(probs), {rtol: 1e-9});
  });

  it('widens standard deviations, or writes the quantiles of what is no Gaussian', async () => {
    const fit = await folder.put('fit.csv', numberCsv(1000));
    const apply = await folder.put('apply.csv', numberCsv(500, {seed: 1}));
    const out = join(folder.path, 'out.csv');
    const scaled = JSON.parse((await cli('calibrate', '--fit', fit, '--apply', apply, '--json', '--out', out)).out);
    expect(scaled.calibration.factor).to.be.within(2.8, 3.2);
    expect(Number((await readFile(out, 'utf8')).split('\n')[1]?.split(',')[1])).to.be.within(1.4, 1.6);
    const {status, out: printed} = await cli(
      'calibrate',
      '--fit',
      fit,
      '--apply',
      apply,
      '--method',
      'pit',
      '--out',
      out,
      '--json',
    );
    expect(status).to.equal(0);
    const {before, after} = JSON.parse(printed);
    expect(before.scores.coverage90).to.be.lessThan(0.5);
    expect(after.scores.coverage90).to.be.within(0.86, 0.94);
    expect((await readFile(out, 'utf8')).split('\n')[0]).to.match(/^q0\.05,.*,q0\.95,target$/);
  });

  it('calibrates rows without labels', async () => {
    const fit = await folder.put('fit.csv', classCsv(100));
    const bare = classCsv(5)
      .split('\n')
      .map((line) => line.split(',').slice(0, 3).join(','));
    const apply = await folder.put('apply.csv', bare.join('\n'));
    const out = join(folder.path, 'out.csv');
    const {status, out: printed} = await cli('calibrate', '--fit', fit, '--apply', apply, '--out', out);
    expect(status).to.equal(0);
    expect(printed).to.not.contain('before');
    expect((await readFile(out, 'utf8')).split('\n')[0]).to.equal('p0,p1,p2');
  });

  it('refuses what does not go together', async () => {
    const fit = await folder.put('fit.csv', classCsv(30));
    const numbers = await folder.put('numbers.csv', numberCsv(30));
    const two = await folder.put('two.csv', 'p0,p1,label\n0.5,0.5,1\n');
    const map = join(folder.path, 'map.json');
    await cli('calibrate', '--fit', fit, '--save-map', map);
    const broken = await folder.put('broken.json', (await readFile(map, 'utf8')).replace('"temperature"', '"heat"'));
    const grown = await folder.put(
      'grown.json',
      '{"format":"tfjs-bayes calibration","version":1,"classes":3,"calibration":{"method":"platt","maps":[]}}',
    );
    for (const [args, words] of [
      [[], /one of --fit and --map/],
      [['--fit', fit], /expected --apply FILE, or --save-map/],
      [['--fit', fit, '--apply', fit], /other examples in --apply than in --fit/],
      [['--fit', fit, '--apply', two, '--method', 'heat'], /--method: expected temperature, .* got 'heat'/],
      [['--fit', numbers, '--apply', two, '--method', 'vector'], /--method: expected variance-scaling, pit/],
      [['--fit', fit, '--apply', two], /like those of the fit, 3 classes, got 2 classes/],
      [['--fit', fit, '--apply', numbers], /3 classes, got mean and std/],
      [['--map', map, '--apply', two, '--method', 'vector'], /--method with --fit/],
      [
        ['--map', broken, '--apply', two],
        /broken\.json: expected a map that --save-map wrote, got another at calibration/,
      ],
      [['--map', grown, '--apply', two], /grown\.json: .* at classes/],
      [['--map', fit, '--apply', two], /expected JSON, got text that is none/],
      [['--map', 'none.json', '--apply', two], /none\.json: expected a file, got nothing/],
      [['--fit', fit, 'extra.csv'], /options alone after calibrate, got 'extra\.csv'/],
    ] as const) {
      const {status, out, err} = await cli('calibrate', ...args);
      expect({status, out}, err).to.deep.equal({status: 2, out: ''});
      expect(err).to.match(words);
    }
  });
});

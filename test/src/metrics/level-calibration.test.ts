import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  adversarialGroupCalibration,
  gaussianPit,
  intervalCalibrationCurve,
  levelCalibrationError,
  miscalibrationArea,
  quantileCalibrationCurve,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {R8, U3} from './fixtures.ts';

const u3 = gaussianPit(U3.mean, U3.std, U3.targets);
const r8 = gaussianPit(R8.mean, R8.std, R8.targets);

describe('calibration of quantiles and intervals', () => {
  it('golden values of uncertainty-toolbox', () => {
    const interval = intervalCalibrationCurve(u3);
    // uncertainty-toolbox takes residuals with the other sign, which mirrors the curve of quantiles.
    const mirrored = quantileCalibrationCurve(u3.map((p) => 1 - p));
    const norm = 'root-mean-square';
    closeTo(levelCalibrationError(interval, {norm}), 0.4165757476562379);
    closeTo(levelCalibrationError(mirrored, {norm}), 0.30362567774902066);
    closeTo(levelCalibrationError(interval), 0.3733333333, {atol: 5e-11});
    closeTo(levelCalibrationError(mirrored), 0.2375757576, {atol: 5e-11});
    closeTo(miscalibrationArea(interval), 0.3771043771, {atol: 5e-11});
    closeTo(miscalibrationArea(mirrored), 0.2391624579, {atol: 5e-11});
  });

  it('golden values of eight predictions', () => {
    closeTo(levelCalibrationError(quantileCalibrationCurve(r8)), 0.0582449, {atol: 1e-7});
    closeTo(levelCalibrationError(intervalCalibrationCurve(r8)), 0.0780934, {atol: 1e-7});
    const levels = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    closeTo(levelCalibrationError(quantileCalibrationCurve(r8, {levels}), {norm: 'sum-of-squares'}), 0.03125);
  });

  it('known curves', () => {
    const {expected, observed} = quantileCalibrationCurve([0.1, 0.2, 0.2, 0.9], {levels: [0, 0.2, 0.5, 1]});
    expect(Array.from(expected)).to.deep.equal([0, 0.2, 0.5, 1]);
    expect(Array.from(observed)).to.deep.equal([0, 0.75, 0.75, 1]);
    closeTo(intervalCalibrationCurve([0.5, 0.3, 0.75], {levels: [0, 0.4, 0.5, 1]}).observed, [1 / 3, 2 / 3, 1, 1]);
    closeTo(levelCalibrationError({expected: [0.2, 0.8], observed: [0.3, 0.5]}, {norm: 'max'}), 0.3);
  });

  it('the area is exact where curve and diagonal cross', () => {
    closeTo(miscalibrationArea({expected: [0, 1], observed: [0, 1]}), 0);
    closeTo(miscalibrationArea({expected: [0, 1], observed: [1, 0]}), 0.5);
    closeTo(miscalibrationArea({expected: [0, 0.5, 1], observed: [0, 0.8, 1]}), 0.15);
  });

  it('refuse what is no curve', () => {
    expect(() => quantileCalibrationCurve([0.5], {levels: [1.5]})).to.throw(ConfigError, /levels from 0 to 1, got 1.5/);
    expect(() => intervalCalibrationCurve([0.5], {levels: []})).to.throw(ConfigError, /got none/);
    expect(() => intervalCalibrationCurve([-0.5])).to.throw(DataError, /^intervalCalibrationCurve: .*got -0.5/);
    expect(() => miscalibrationArea({expected: [0.5, 0.5], observed: [0, 1]})).to.throw(ConfigError, /ascending/);
    expect(() => levelCalibrationError({expected: [0.5], observed: []})).to.throw(ShapeError, /0 and 1/);
    const norm = 'l1' as 'max';
    expect(() => levelCalibrationError({expected: [0.5], observed: [0.5]}, {norm})).to.throw(ConfigError, /got 'l1'/);
  });
});

describe('adversarial group calibration', () => {
  /** Half of the examples far too sure, the other half not sure enough: calibrated on average only. */
  function mixed(n: number): Float64Array {
    const rng = createRng(4);
    const z = rng.normals(n).map((v, i) => v * (i % 2 === 0 ? 0.2 : 2.4));
    return gaussianPit(new Float64Array(n), new Float64Array(n).fill(1), z);
  }

  it('small groups stray farther than large ones; the same stream gives the same result', () => {
    const pit = mixed(400);
    const options = {groupSizes: [0.02, 0.2, 1]};
    const {worst, standardError, groupSizes} = adversarialGroupCalibration(pit, {rng: createRng(1), ...options});
    expect(Array.from(groupSizes)).to.deep.equal(options.groupSizes);
    expect(worst[0]).to.be.above((worst[1] ?? 0) + 3 * (standardError[1] ?? 0));
    expect(worst[1]).to.be.above((worst[2] ?? 0) + 3 * (standardError[2] ?? 0));
    expect(adversarialGroupCalibration(pit, {rng: createRng(1), ...options}).worst).to.deep.equal(worst);
    expect(adversarialGroupCalibration(pit, {rng: createRng(2), ...options}).worst).not.to.deep.equal(worst);
  });

  it('of predictions always equally wrong is their miscalibration area, whatever the group', () => {
    const pit = new Float64Array(50).fill(0.9);
    for (const kind of ['interval', 'quantile'] as const) {
      const curve = kind === 'interval' ? intervalCalibrationCurve(pit) : quantileCalibrationCurve(pit);
      const {worst, standardError} = adversarialGroupCalibration(pit, {rng: createRng(1), kind, trials: 2, draws: 2});
      closeTo(worst, new Float64Array(10).fill(miscalibrationArea(curve)));
      closeTo(standardError, new Float64Array(10), {atol: 1e-12});
    }
  });

  it('refuses sizes and counts out of range', () => {
    const rng = createRng(1);
    expect(() => adversarialGroupCalibration([0.5], {rng, groupSizes: [0]})).to.throw(ConfigError, /got 0/);
    expect(() => adversarialGroupCalibration([0.5], {rng, trials: 1})).to.throw(ConfigError, /at least 2 trials/);
    expect(() => adversarialGroupCalibration([0.5], {rng, draws: 0.5})).to.throw(ConfigError, /got 0.5 and 10/);
  });
});

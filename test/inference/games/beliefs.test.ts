import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {expect} from 'chai';
import {
  type Belief,
  beliefDivergence,
  categoricalBelief,
  categoricalInversion,
  diagonalGaussian,
  distributionBelief,
  fullGaussian,
  particleBelief,
  pointBelief,
  productBelief,
  splitGaussian,
} from '../../../inference/games/index.ts';
import {bernoulliDistribution, normal} from '../../../src/distributions/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {gaussianDivergence, logNormal, mean, numberOf, sum, valuesOf} from './support.ts';

const correlated = () =>
  tf.tensor2d([
    [1, 0.6],
    [0.6, 2],
  ]);
const DETERMINANT = 1 * 2 - 0.6 ** 2;

describe('beliefs', () => {
  it('Gaussian: entropy, and nodes that have its mean, covariance and density', async () => {
    const belief = fullGaussian(tf.tensor2d([[0.5, -1]]), correlated());
    closeTo(
      await numberOf(belief.entropy?.() as tf.Tensor),
      Math.log(2 * Math.PI * Math.E) + 0.5 * Math.log(DETERMINANT),
      {rtol: 1e-6},
    );
    const nodes = belief.nodes?.(1);
    if (nodes === undefined) throw new TypeError('expected nodes');
    expect(nodes.count).to.equal(4);
    closeTo(await tf.mean(nodes.values, 0).data(), [0.5, -1], {rtol: 1e-6});
    const residual = tf.sub(nodes.values, tf.tensor2d([[0.5, -1]]));
    closeTo(await tf.div(tf.matMul(residual, residual, true, false), 4).data(), [1, 0.6, 0.6, 2], {rtol: 1e-6});
    closeTo(await nodes.logProb.data(), await belief.logProb(nodes.values).data(), {rtol: 1e-6});
    const diagonal = diagonalGaussian(tf.tensor2d([[1, 2]]), tf.tensor2d([[0.5, 3]]));
    const own = diagonal.nodes?.(2);
    expect(own?.values.shape).to.deep.equal([8, 2]);
    closeTo((await own?.logProb.data()) ?? [], await diagonal.logProb(own?.values as tf.Tensor).data(), {rtol: 1e-6});
    closeTo(await numberOf(diagonal.entropy?.() as tf.Tensor), Math.log(2 * Math.PI * Math.E) + Math.log(1.5), {
      rtol: 1e-6,
    });
  });

  it('categorical: one-hot draws as often as the probabilities say', async () => {
    const probs = [0.5, 0.2, 0.3];
    const belief = categoricalBelief(tf.log(tf.tensor2d([probs])));
    const draws = belief.sample(createRng(1), 4000);
    closeTo(await tf.mean(draws, 0).data(), probs, {atol: (4 * 0.5) / Math.sqrt(4000)});
    closeTo(await tf.sum(draws, -1).data(), Array(4000).fill(1));
    closeTo(await belief.logProb(tf.tensor2d([[0, 1, 0]])).data(), [Math.log(0.2)], {rtol: 1e-6});
    closeTo(await numberOf(belief.entropy?.() as tf.Tensor), -sum(probs.map((p) => p * Math.log(p))), {rtol: 1e-6});
    const invert = categoricalInversion((state) => diagonalGaussian(tf.sum(state, -1, true), 1));
    expect(() => invert(tf.ones([1, 1]), () => diagonalGaussian(tf.zeros([1, 3]), 1))).to.throw(
      /categorical prior, got gaussian/,
    );
  });

  it('categorical: a state whose logit is -Infinity counts for nothing', async () => {
    const belief = categoricalBelief(tf.tensor2d([[0, -Infinity, 0]]));
    closeTo(await belief.logProb(tf.tensor2d([[1, 0, 0]])).data(), [-Math.LN2], {rtol: 1e-6});
    closeTo(await numberOf(belief.entropy?.() as tf.Tensor), Math.LN2, {rtol: 1e-6});
    const even = categoricalBelief(tf.zeros([1, 3]));
    closeTo(await numberOf(beliefDivergence(belief, even)), Math.log(3 / 2), {rtol: 1e-5});
    const cost = tf.tidy(() => {
      const nodes = belief.nodes?.(1);
      if (nodes === undefined) throw new TypeError('expected nodes');
      return tf.sum(tf.mul(nodes.probability, tf.sub(nodes.logProb, belief.logProb(nodes.values))));
    });
    closeTo(await numberOf(cost), 0, {atol: 1e-6});
  });

  it('any distribution: sums over the axes of its event', async () => {
    const logits = tf.tensor3d([
      [
        [0, 1, -1],
        [2, 0, 0],
      ],
    ]);
    const value = tf.tensor3d([
      [
        [1, 0, 1],
        [0, 1, 1],
      ],
    ]);
    const each = await bernoulliDistribution(logits).logProb(value).data();
    const rows = [sum([...each].slice(0, 3)), sum([...each].slice(3))];
    closeTo(await distributionBelief(bernoulliDistribution, [logits]).logProb(value).data(), rows, {rtol: 1e-6});
    const whole = distributionBelief(bernoulliDistribution, [logits], {eventAxes: 2});
    closeTo(await whole.logProb(value).data(), [sum(rows)], {rtol: 1e-6});
    expect(whole.sample(createRng(1), 5).shape).to.deep.equal([5, 2, 3]);
  });

  it('joint: independent parts add up, cut Gaussians stay correlated', async () => {
    const both = productBelief(diagonalGaussian(tf.zeros([1, 1]), 2), categoricalBelief(tf.zeros([1, 4])));
    const density = both.logProb([tf.tensor2d([[1]]), tf.tensor2d([[0, 0, 1, 0]])]);
    closeTo(await numberOf(density), logNormal(1, 0, 2) - Math.log(4), {rtol: 1e-6});
    expect(both.reparameterized).to.equal(false);
    const vector = fullGaussian(tf.tensor2d([[0.5, -1]]), correlated());
    const pair = splitGaussian(vector, [1, 1]);
    const values = [tf.tensor2d([[1]]), tf.tensor2d([[2]])];
    closeTo(await numberOf(pair.logProb(values)), await numberOf(vector.logProb(tf.tensor2d([[1, 2]]))), {rtol: 1e-6});
    closeTo(await numberOf(pair.mutualInformation?.() as tf.Tensor), -0.5 * Math.log(DETERMINANT / 2), {rtol: 1e-5});
    const second = pair.marginals?.()[1] as Belief | undefined;
    closeTo(await numberOf(second?.logProb(tf.tensor2d([[2]])) as tf.Tensor), logNormal(2, -1, Math.SQRT2), {
      rtol: 1e-6,
    });
    const [a, b] = pair.sample(createRng(3), 4000) as [tf.Tensor, tf.Tensor];
    const product = tf.mean(tf.mul(tf.sub(a, 0.5), tf.add(b, 1)));
    closeTo(await numberOf(product), 0.6, {atol: 4 * Math.sqrt((2 + 0.36) / 4000)});
    expect(() => splitGaussian(vector, [1, 2])).to.throw(/sum to 2/);
    expect(() => splitGaussian(categoricalBelief(tf.zeros([1, 2])), [1, 1])).to.throw(
      /Gaussian belief, got categorical/,
    );
  });

  it('particles and points', async () => {
    const particles = particleBelief(tf.tensor2d([[1], [2], [6]]));
    closeTo(await valuesOf(particles.moments?.().mean), [3], {rtol: 1e-6});
    closeTo(await valuesOf(particles.moments?.().covariance), [14 / 3], {rtol: 1e-6});
    const drawn = await valuesOf(particles.sample(createRng(1), 900));
    closeTo(mean(drawn), 3, {atol: 4 * Math.sqrt(14 / 3 / 900)});
    expect(new Set(drawn)).to.deep.equal(new Set([1, 2, 6]));
    const point = pointBelief(tf.tensor2d([[4]]) as tf.Tensor);
    expect(await valuesOf(point.sample(createRng(1), 3))).to.deep.equal([4]);
    expect(await numberOf(point.logProb(tf.zeros([1, 1])))).to.equal(0);
  });

  it('stopped: the same density, without a gradient in the parameters', async () => {
    const value = tf.tensor2d([[0.3, -0.2]]);
    const mu = tf.variable(tf.tensor2d([[0.1, 0.4]]));
    const makes = [
      () => diagonalGaussian(mu, 0.5),
      () => fullGaussian(mu, correlated()),
      () => categoricalBelief(mu),
      () => distributionBelief((loc: tf.Tensor) => normal(loc, 1), [mu as tf.Tensor]),
      () => productBelief(diagonalGaussian(mu, 2)) as unknown as Belief,
      () => splitGaussian(fullGaussian(mu, correlated()), [2]) as unknown as Belief,
    ];
    for (const make of makes) {
      const several = make().kind === 'product' || make().kind === 'gaussian-parts';
      const at = (several ? [value] : value) as tf.Tensor;
      closeTo(await make().stopped().logProb(at).data(), await make().logProb(at).data(), {rtol: 1e-6});
      const slope = (belief: () => Belief) =>
        tf.variableGrads(() => tf.add(tf.sum(belief().logProb(at)), tf.mul(tf.sum(mu), 3)) as tf.Scalar, [mu]).grads[
          mu.name
        ];
      closeTo(await valuesOf(slope(() => make().stopped())), [3, 3], {rtol: 1e-6});
      expect(await valuesOf(slope(make))).to.not.deep.equal([3, 3]);
    }
  });

  it('diverge as their closed forms say, with a gradient', async () => {
    const q = diagonalGaussian(tf.tensor2d([[1, -1]]), tf.tensor2d([[0.5, 2]]));
    const p = diagonalGaussian(tf.zeros([1, 2]), 1.5);
    const expected = gaussianDivergence([1, 0.25], [0, 2.25]) + gaussianDivergence([-1, 4], [0, 2.25]);
    closeTo(await numberOf(beliefDivergence(q, p)), expected, {rtol: 1e-6});
    const full = fullGaussian(
      tf.tensor2d([[1, -1]]),
      tf.tensor2d([
        [0.25, 0],
        [0, 4],
      ]),
    );
    closeTo(await numberOf(beliefDivergence(full, p)), expected, {rtol: 1e-5});
    closeTo(await numberOf(beliefDivergence(productBelief(q), productBelief(p))), expected, {rtol: 1e-6});
    const [a, b] = [
      categoricalBelief(tf.log(tf.tensor2d([[0.5, 0.5]]))),
      categoricalBelief(tf.log(tf.tensor2d([[0.25, 0.75]]))),
    ];
    closeTo(await numberOf(beliefDivergence(a, b)), 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), {rtol: 1e-6});
    expect(() => beliefDivergence(a, p)).to.throw(/got categorical and gaussian/);
    const centre = tf.variable(tf.tensor2d([[0.75]]));
    const {grads} = tf.variableGrads(() => {
      return tf.sum(beliefDivergence(diagonalGaussian(centre, 1), diagonalGaussian(tf.zeros([1, 1]), 2))) as tf.Scalar;
    }, [centre]);
    closeTo(await valuesOf(grads[centre.name]), [0.75 / 4], {rtol: 1e-6});
  });
});

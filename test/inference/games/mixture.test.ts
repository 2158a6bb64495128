import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {expect} from 'chai';
import {
  type Belief,
  categoricalBelief,
  categoricalInversion,
  diagonalGaussian,
  fitGame,
  freeEnergy,
  type Game,
  game,
  prior,
  sequence,
} from '../../../inference/games/index.ts';
import {closeTo} from '../../support/close.ts';
import {logNormal, mean, numberOf, range, sum} from './support.ts';

const data = [-2.1, -1.7, -1.2, 0.3, 0.9, 1.4, 2.2];
const observed = () => tf.tensor2d(data.map((value) => [value]));
const SCALE = 0.7;
const START = {logits: [0.2, -0.4], means: [-1, 0.5]};

function mixture(inversion?: () => Belief, regularizer: 'log-density' | 'none' = 'log-density') {
  const logits = tf.variable(tf.tensor3d([[START.logits]]));
  const means = tf.variable(tf.tensor2d(START.means, [2, 1]));
  const component = (state: tf.Tensor) => diagonalGaussian(tf.sum(tf.mul(tf.expandDims(state, -1), means), -2), SCALE);
  const whole: Game<null> = sequence(
    prior('component', () => categoricalBelief(logits), {variables: [logits]}),
    game('y', {
      model: component,
      inversion: inversion ?? categoricalInversion(component),
      coupling: 'exact',
      regularizer,
      variables: [means],
    }),
  );
  return {whole, logits, means};
}

/** By hand, in float64: each example's evidence and responsibilities. */
function byHand({logits, means}: typeof START) {
  const normalizer = Math.log(sum(logits.map(Math.exp)));
  const joint = data.map((value) =>
    range(2).map((k) => (logits[k] as number) - normalizer + logNormal(value, means[k] as number, SCALE)),
  );
  const evidence = joint.map((row) => Math.log(sum(row.map(Math.exp))));
  const responsibilities = joint.map((row, n) => row.map((value) => Math.exp(value - (evidence[n] as number))));
  return {joint, evidence, responsibilities};
}

describe('a mixture of Gaussians as a game', () => {
  it('has -log p(y) as its loss, and its gradient, with the exact inversion', async () => {
    const {whole, means, logits} = mixture();
    const {evidence, responsibilities} = byHand(START);
    const {value, grads} = tf.variableGrads(() => freeEnergy(whole, observed()).loss, [means, logits]);
    closeTo(await numberOf(value), -mean(evidence), {rtol: 1e-6});
    const slope = range(2).map((k) =>
      mean(
        data.map((at, n) => ((responsibilities[n]?.[k] as number) * ((START.means[k] as number) - at)) / SCALE ** 2),
      ),
    );
    closeTo(await (grads[means.name] as tf.Tensor).data(), slope, {rtol: 1e-5});
    const {loss} = freeEnergy(whole, observed(), {bound: 'importance-weighted'});
    closeTo(await numberOf(loss), -mean(evidence), {rtol: 1e-6});
  });

  it('runs expectation maximization with the inversion held and no entropy', async () => {
    const {joint, responsibilities, evidence} = byHand(START);
    const held = categoricalBelief(tf.log(tf.tensor3d([responsibilities])));
    const {whole, means, logits} = mixture(() => held, 'none');
    const expected = -mean(
      joint.map((row, n) => sum(row.map((value, k) => value * (responsibilities[n]?.[k] as number)))),
    );
    const before = freeEnergy(whole, observed());
    closeTo(await numberOf(before.loss), expected, {rtol: 1e-6});

    // The maximization step in closed form is where the gradient vanishes, and the likelihood rises.
    const weight = range(2).map((k) => sum(responsibilities.map((row) => row[k] as number)));
    const next = {
      logits: weight.map((w) => Math.log(w / data.length)),
      means: range(2).map(
        (k) => sum(data.map((at, n) => at * (responsibilities[n]?.[k] as number))) / (weight[k] as number),
      ),
    };
    means.assign(tf.tensor2d(next.means, [2, 1]));
    logits.assign(tf.tensor3d([[next.logits]]));
    const {grads} = tf.variableGrads(() => freeEnergy(whole, observed()).loss, [means, logits]);
    closeTo(await (grads[means.name] as tf.Tensor).data(), [0, 0], {atol: 1e-6});
    closeTo(await (grads[logits.name] as tf.Tensor).data(), [0, 0], {atol: 1e-6});
    expect(mean(byHand(next).evidence)).to.be.above(mean(evidence));
  });

  it('is trained to the fixed point of expectation maximization', async () => {
    let at = START;
    for (const _ of range(200)) {
      const {responsibilities} = byHand(at);
      const weight = range(2).map((k) => sum(responsibilities.map((row) => row[k] as number)));
      at = {
        logits: weight.map((w) => Math.log(w / data.length)),
        means: range(2).map(
          (k) => sum(data.map((v, n) => v * (responsibilities[n]?.[k] as number))) / (weight[k] as number),
        ),
      };
    }
    const {whole, means} = mixture();
    const seen: number[] = [];
    const {losses} = await fitGame(whole, observed(), {
      steps: 60,
      optimizer: tf.train.adam(0.2),
      every: 20,
      onProgress: ({step}) => {
        seen.push(step);
      },
    });
    expect(seen).to.deep.equal([20, 40, 60]);
    closeTo(losses.at(-1) as number, -mean(byHand(at).evidence), {rtol: 1e-3});
    closeTo(await means.data(), at.means, {atol: 0.02});
  });
});

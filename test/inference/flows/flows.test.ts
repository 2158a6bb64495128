import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {
  affineCouplingFlow,
  composeFlows,
  flowFromConfig,
  flowLogDensity,
  flowSample,
  permutationFlow,
  planarFlow,
  splineCouplingFlow,
} from '../../../inference/flows/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {normalTensor} from '../../../src/backend/noise.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {disturb, rows} from './rows.ts';

/** log |det| of the Jacobian by one gradient for each column, in float64. */
async function logDeterminantByGradients(map: (x: tf.Tensor2D) => tf.Tensor2D, point: tf.Tensor2D): Promise<number> {
  const size = point.shape[1];
  const jacobian: number[][] = [];
  for (let i = 0; i < size; i++) {
    const slope = tf.tidy(() => tf.grad((x) => tf.sum(tf.slice(map(x as tf.Tensor2D), [0, i], [1, 1])))(point));
    jacobian.push(Array.from(await slope.data()));
    slope.dispose();
  }
  return Math.log(Math.abs(determinant(jacobian)));
}

function determinant(matrix: number[][]): number {
  const [first, ...others] = matrix;
  if (first === undefined) return 1;
  return first.reduce((sum, value, column) => {
    const minor = others.map((row) => row.filter((_, i) => i !== column));
    return sum + (column % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}

describe('flows', () => {
  before(async () => {
    await initBackend();
  });

  for (const {name, conditional, make} of rows) {
    for (const contextDimension of conditional ? [0, 2] : [0]) {
      for (const dimension of [1, 2, 5]) {
        it(`${name}: D = ${dimension}, C = ${contextDimension}: inverts, and its determinants are those of its Jacobian`, async () => {
          const rng = createRng(`${name} ${dimension}`);
          const flow = disturb(make(dimension, contextDimension), rng.fork('weights'));
          await expectNoLeak(async () => {
            const noise = normalTensor<tf.Rank.R2>(rng.fork('noise'), [7, dimension]);
            const context =
              contextDimension > 0 ? normalTensor<tf.Rank.R2>(rng.fork('context'), [7, contextDimension]) : undefined;
            const there = flow.forward(noise, context);
            const logDeterminants = await there.logDeterminant.data();
            if (flow.inverse !== undefined) {
              const back = flow.inverse(there.value, context);
              closeTo(await back.value.data(), Array.from(await noise.data()), {rtol: 1e-4, atol: 1e-4});
              const negative = Array.from(logDeterminants, (value) => -value);
              closeTo(await back.logDeterminant.data(), negative, {rtol: 1e-4, atol: 1e-3});
              tf.dispose([back.value, back.logDeterminant]);
            }
            for (const row of [0, 3]) {
              const point = tf.slice(noise, [row, 0], [1, dimension]);
              const condition = context && tf.slice(context, [row, 0], [1, contextDimension]);
              const exact = await logDeterminantByGradients((x) => flow.forward(x, condition).value, point);
              closeTo(logDeterminants[row] as number, exact, {rtol: 1e-4, atol: 1e-4});
              tf.dispose([point, ...(condition ? [condition] : [])]);
            }
            tf.dispose([noise, there.value, there.logDeterminant, ...(context ? [context] : [])]);
          });
          flow.dispose();
        });
      }
    }
  }

  it('have densities that integrate to 1: on a line and in the plane', async () => {
    for (const {name, make} of rows.filter((row) => row.name !== 'planar')) {
      for (const [dimension, side, step] of [
        [1, 2000, 0.02],
        [2, 240, 0.1],
      ] as const) {
        const flow = disturb(make(dimension, 0), createRng(5));
        const ticks = Float32Array.from({length: side}, (_, i) => (i - side / 2 + 0.5) * step);
        const total = tf.tidy(() => {
          const axis = tf.tensor1d(ticks);
          const grid =
            dimension === 1
              ? tf.expandDims(axis, 1)
              : tf.stack(
                  tf.meshgrid(axis, axis).map((part) => tf.reshape(part, [-1])),
                  1,
                );
          return tf.sum(tf.exp(flowLogDensity(flow, grid as tf.Tensor2D)));
        });
        const mass = ((await total.data())[0] as number) * step ** dimension;
        expect(mass, `${name}, D = ${dimension}`).to.be.closeTo(1, dimension === 1 ? 1e-3 : 5e-3);
        total.dispose();
        flow.dispose();
      }
    }
  });

  it('say the same density when they draw and when they are asked', async () => {
    for (const {make, conditional} of rows.filter((row) => row.name !== 'planar')) {
      const flow = disturb(make(3, conditional ? 2 : 0), createRng(6));
      const context = conditional ? tf.tensor2d([[0.3, -1]]) : undefined;
      const draws = flowSample(flow, {count: 50, rng: createRng(7), ...(context && {context})});
      const asked = flowLogDensity(flow, draws.value, context);
      closeTo(await asked.data(), Array.from(await draws.logDensity.data()), {rtol: 1e-3, atol: 1e-3});
      tf.dispose([draws.value, draws.logDensity, asked, ...(context ? [context] : [])]);
      flow.dispose();
    }
  });

  it('draw by the stream and no other, and take one row of context for all', async () => {
    const flow = disturb(affineCouplingFlow({dimension: 2, contextDimension: 3, layers: 2, hidden: [8]}), createRng(8));
    const one = tf.tensor2d([[1, 2, 3]]);
    const many = tf.tile(one, [6, 1]);
    const draw = (context: tf.Tensor2D) => flowSample(flow, {count: 6, rng: createRng(9), context});
    const [a, b] = [draw(one), draw(many)];
    closeTo(await a.value.data(), Array.from(await b.value.data()), {rtol: 1e-5, atol: 1e-6});
    tf.dispose([one, many, a.value, a.logDensity, b.value, b.logDensity]);
    flow.dispose();
  });

  it('are made again from config and weights', async () => {
    for (const {make} of rows) {
      const flow = disturb(make(3, 0), createRng(10));
      const config = JSON.parse(JSON.stringify(flow.getConfig()));
      const again = flowFromConfig(config);
      expect(again.getConfig()).to.deep.equal(flow.getConfig());
      for (const [i, variable] of flow.variables.entries()) again.variables[i]?.assign(variable);
      const [a, b] = [flow, again].map((made) => flowSample(made, {count: 4, rng: createRng(11)}));
      closeTo(await (a as {value: tf.Tensor}).value.data(), Array.from(await (b as {value: tf.Tensor}).value.data()));
      tf.dispose([a, b] as unknown as tf.TensorContainer);
      flow.dispose();
      again.dispose();
    }
    expect(() => flowFromConfig({kind: 'glow'})).to.throw(ConfigError, /flowFromConfig: expected a kind of .*got glow/);
  });

  it('leave nothing behind when disposed', async () => {
    await expectNoLeak(() => {
      for (const {make} of rows) make(3, 0).dispose();
    });
  });
});

describe('flows refuse', () => {
  it('sizes and points that do not fit', async () => {
    expect(() => affineCouplingFlow({dimension: 0})).to.throw(ConfigError);
    expect(() => splineCouplingFlow({dimension: 2, bins: 1})).to.throw(/bins/);
    expect(() => permutationFlow({order: [0, 0]})).to.throw(/each of 0, ..., 1 once, got 0,0|\[0,0\]/);
    expect(() => composeFlows([])).to.throw(/composeFlows: expected flows/);
    const flow = affineCouplingFlow({dimension: 2, contextDimension: 3, layers: 1, hidden: [4]});
    const [points, wide, context] = [tf.zeros([4, 2]), tf.zeros([4, 3]), tf.zeros([2, 3])] as tf.Tensor2D[];
    expect(() => flow.forward(wide as tf.Tensor2D)).to.throw(ShapeError);
    expect(() => flow.forward(points as tf.Tensor2D)).to.throw(/context of shape \[4, 3\].*got none/);
    expect(() => flow.forward(points as tf.Tensor2D, context)).to.throw(/got \[2,3\]/);
    const planar = planarFlow({dimension: 2});
    const permutation = permutationFlow({order: [1, 0]});
    expect(() => permutation.forward(wide as tf.Tensor2D)).to.throw(ShapeError, /shape \[N, 2\], got \[4,3\]/);
    expect(() => flowLogDensity(planar, points as tf.Tensor2D)).to.throw(/a flow with an inverse, got planar/);
    tf.dispose([points, wide, context] as tf.Tensor[]);
    flow.dispose();
    planar.dispose();
  });
});

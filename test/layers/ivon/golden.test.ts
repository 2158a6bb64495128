import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {type Ivon, type IvonOptions, ivon} from '../../../layers/index.ts';
import type {Rng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';

/** float64 values of the reference implementation: 1/2 m^T A m - b^T m at the same standard normals. */
const NORMALS = [
  [0.5, -1, 0.25],
  [-0.3, 0.8, 1.2],
  [1.1, 0.2, -0.7],
];
const OPTIONS: IvonOptions = {ess: 100, hessInit: 0.5, beta1: 0.9, beta2: 0.99, weightDecay: 0.01};
const FIRST_MOMENTUM = [-0.0621980394, -0.0086025208, 0.0225509103];

interface Trace {
  readonly options: Partial<IvonOptions>;
  readonly steps: readonly (readonly [m: number[], h: number[], g: number[]])[];
}

const TRACES: Readonly<Record<string, Trace>> = {
  price: {
    options: {},
    steps: [
      [[0.2653938147, -0.3910176404, 0.5768048403], [0.4735166787, 0.5011447104, 0.4990270726], FIRST_MOMENTUM],
      [
        [0.3305081639, -0.3938217324, 0.5541419125],
        [0.4821928319, 0.5040662636, 0.5137929809],
        [-0.1199017978, 0.006113187, 0.043128182],
      ],
      [
        [0.3780450931, -0.4023949116, 0.5356351743],
        [0.4671753817, 0.5017379254, 0.5035941141],
        [-0.1214293161, 0.0243797446, 0.0490049804],
      ],
    ],
  },
  'squared gradients': {
    options: {hessApprox: 'squared-gradient'},
    steps: [
      [[0.2305551545, -0.3910397503, 0.5788373706], [1.0248172207, 0.502405985, 0.5479157494], FIRST_MOMENTUM],
      [
        [0.2514521865, -0.3935073355, 0.5593412689],
        [1.5789927668, 0.5152656032, 0.5951818397],
        [-0.1241438232, 0.0055717236, 0.0428561005],
      ],
      [
        [0.2678620912, -0.3998209715, 0.5436694152],
        [1.7593379931, 0.5304421366, 0.6008909163],
        [-0.1549636906, 0.0191976595, 0.0493566934],
      ],
    ],
  },
  'price, clipped': {
    options: {clipRadius: 0.05},
    steps: [
      [[0.20255, -0.39745, 0.59745], [0.4735166787, 0.5011447104, 0.4990270726], FIRST_MOMENTUM],
      [
        [0.2051, -0.3987159827, 0.5949],
        [0.4849096847, 0.5023770643, 0.5148162894],
        [-0.1326635315, 0.0031717334, 0.0442890872],
      ],
      [
        [0.20765, -0.4012659827, 0.59235],
        [0.4512417411, 0.4993380999, 0.5035396946],
        [-0.1582281495, 0.0166553835, 0.0521893826],
      ],
    ],
  },
  'price, neither debiased nor rescaled': {
    options: {debias: false, rescaleLearningRate: false},
    steps: [
      [[0.212450044, -0.3975344515, 0.5943910822], [0.4735166787, 0.5011447104, 0.4990270726], FIRST_MOMENTUM],
      [
        [0.238448981, -0.3974459036, 0.5848459367],
        [0.4844877392, 0.5025776176, 0.5146828504],
        [-0.1306860562, 0.0035214679, 0.0441378303],
      ],
      [
        [0.2700882503, -0.4002564199, 0.5736766979],
        [0.455696147, 0.4997264209, 0.5036706447],
        [-0.1497273477, 0.0183004032, 0.0515246417],
      ],
    ],
  },
};
const THREE_SAMPLES = [
  [0.2617427644, -0.4047230015, 0.5796956644],
  [0.4828312221, 0.4997000882, 0.5011557828],
  [-0.0598642393, 0.0051202241, 0.0197503501],
] as const;

/** A stream that gives these normals, one call after the other. */
function scripted(calls: readonly number[][]): Rng {
  let next = 0;
  return {
    normals: (n) => {
      const values = Float64Array.from(calls[next++] as number[]);
      expect(values.length).to.equal(n);
      return values;
    },
    getState: () => new Int32Array(8).fill(1),
  } as Rng;
}

interface Quadratic {
  readonly variable: tf.Variable;
  readonly loss: () => tf.Scalar;
}

async function onQuadratic(body: (quadratic: Quadratic) => Promise<void>): Promise<void> {
  await expectNoLeak(async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([0.2, -0.4, 0.6])));
    const loss = () =>
      tf.tidy(() => {
        const A = tf.tensor2d([
          [2, 0.3, 0],
          [0.3, 1, -0.2],
          [0, -0.2, 0.5],
        ]);
        const m = tf.reshape(variable, [3, 1]);
        const square = tf.mul(tf.sum(tf.mul(m, tf.matMul(A, m))), 0.5);
        return tf.sub<tf.Scalar>(square, tf.sum(tf.mul(variable, tf.tensor1d([1, -0.5, 0.2]))));
      });
    await body({variable, loss});
    variable.dispose();
  });
}

/** The averaged gradient, which the optimizer keeps divided by 1 - beta1. */
async function momentum(optimizer: Ivon): Promise<number[]> {
  const weights = await optimizer.getWeights();
  const sum = weights.find(({name}) => name.endsWith('/momentum'))?.tensor as tf.Tensor;
  const values = Array.from(await sum.data(), (value) => (1 - 0.9) * value);
  tf.dispose(weights.slice(0, 3).map(({tensor}) => tensor));
  return values;
}

async function expectState(optimizer: Ivon, variable: tf.Variable, expected: readonly (readonly number[])[]) {
  const [m, h, g] = expected as [number[], number[], number[]];
  const hessian = optimizer.hessian(variable);
  closeTo(await variable.data(), m, {rtol: 1e-6});
  closeTo(await hessian.data(), h, {rtol: 1e-6});
  closeTo(await momentum(optimizer), g, {rtol: 3e-6});
  hessian.dispose();
}

describe('ivon, against the reference implementation', () => {
  onEachBackend(() => {
    for (const [name, {options, steps}] of Object.entries(TRACES)) {
      it(name, () =>
        onQuadratic(async ({variable, loss}) => {
          const optimizer = ivon(0.1, {...OPTIONS, ...options, rng: scripted(NORMALS)});
          for (const expected of steps) {
            optimizer.minimize(loss, false, [variable]);
            await expectState(optimizer, variable, expected);
          }
          optimizer.dispose();
        }),
      );
    }

    it('price, three samples in one step', () =>
      onQuadratic(async ({variable, loss}) => {
        const optimizer = ivon(0.1, {...OPTIONS, samples: 3, rng: scripted(NORMALS)});
        optimizer.minimize(loss, false, [variable]);
        await expectState(optimizer, variable, THREE_SAMPLES);
        expect(optimizer.iterations).to.equal(1);
        optimizer.dispose();
      }));

    it('price, three accumulated calls of one sample each: the same step', () =>
      onQuadratic(async ({variable, loss}) => {
        const optimizer = ivon(0.1, {...OPTIONS, accumulate: 3, rng: scripted(NORMALS)});
        for (let call = 0; call < 3; call++) {
          closeTo(await variable.data(), [0.2, -0.4, 0.6], {rtol: 1e-7});
          expect(optimizer.iterations).to.equal(0);
          optimizer.minimize(loss, false, [variable]);
        }
        await expectState(optimizer, variable, THREE_SAMPLES);
        optimizer.dispose();
      }));

    it('a scalar, two steps', () =>
      expectNoLeak(async () => {
        const theta = tf.tidy(() => tf.variable(tf.scalar(1)));
        const rng = scripted([[0.5], [-1]]);
        const optimizer = ivon(0.1, {ess: 100, hessInit: 1, weightDecay: 0.1, beta2: 0.99, rng});
        const loss = () => tf.tidy(() => tf.mul<tf.Scalar>(tf.square(tf.sub(theta, 2)), 0.5));
        const expected = [
          [1.09000347039, 0.94169267424, -0.09523268705],
          [1.17425151643, 1.03934565721, -0.18650690797],
        ] as const;
        for (const [m, h, g] of expected) {
          optimizer.minimize(loss, false, [theta]);
          await expectState(optimizer, theta, [[m], [h], [g]]);
        }
        optimizer.dispose();
        theta.dispose();
      }));
  });
});

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type FamilyName, toDeterministic, type VariationalOptions} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';
import {inputsOf, type LayerRow, layerRows} from './layer-rows.ts';

const FAMILIES: readonly FamilyName[] = ['full', 'matrix-normal', 'low-rank', 'radial', 'rank-1'];

function modelOf(row: LayerRow, options: Partial<VariationalOptions>): tfl.LayersModel {
  return tfl.sequential({layers: [row.create({trainSize: 10, bias: 'mean-field', ...options}, row.inputShape)]});
}

/** The outputs and the gradients of a training pass. */
async function pass(model: tfl.LayersModel, x: tf.Tensor): Promise<{outputs: number[]; gradients: number[][]}> {
  let outputs: tf.Tensor | undefined;
  const {value, grads} = tf.variableGrads(
    () => {
      outputs = tf.keep(model.apply(x, {training: true}) as tf.Tensor);
      return tf.addN([tf.sum(tf.square(tf.add(outputs, 1))), ...model.calculateLosses()]) as tf.Scalar;
    },
    model.trainableWeights.map((weight) => weight.read() as tf.Variable),
  );
  const values = Array.from(await (outputs as tf.Tensor).data());
  const gradients = await Promise.all(Object.values(grads).map(async (grad) => Array.from(await grad.data())));
  tf.dispose([value, outputs as tf.Tensor]);
  tf.dispose(grads);
  return {outputs: values, gradients};
}

async function predicted(model: tfl.LayersModel, x: tf.Tensor): Promise<number[]> {
  const outputs = model.predict(x) as tf.Tensor;
  const values = Array.from(await outputs.data());
  outputs.dispose();
  return values;
}

async function checkRoundTrip(model: tfl.LayersModel, x: tf.Tensor): Promise<void> {
  const expected = await predicted(model, x);
  const others = [...(await roundTrip(model)), toDeterministic(model)];
  for (const other of others) {
    closeTo(await predicted(other, x), expected, {rtol: 0});
    other.dispose();
  }
}

for (const backend of ['cpu', 'wasm'] as const) {
  describe(`variational layers on ${backend}`, () => {
    before(async () => {
      await initBackend({prefer: backend});
    });
    after(async () => {
      await tf.setBackend('wasm');
    });

    for (const row of layerRows) {
      for (const estimator of row.estimators) {
        it(`${row.name}, ${estimator}: draws by its seed, learns every parameter, predicts its mean, comes back from a file`, async () => {
          const x = inputsOf(row, 4);
          await expectNoLeak(async () => {
            const model = modelOf(row, {estimator});
            const [twin, other] = [modelOf(row, {estimator}), modelOf(row, {estimator, seed: 1})];
            for (const copy of [twin, other]) copy.setWeights(model.getWeights());
            const first = await pass(model, x);
            expect((await pass(twin, x)).outputs).to.deep.equal(first.outputs);
            expect((await pass(model, x)).outputs, 'a second pass').to.not.deep.equal(first.outputs);
            expect((await pass(other, x)).outputs, 'another seed').to.not.deep.equal(first.outputs);
            expect(first.gradients.length).to.equal(model.trainableWeights.length);
            for (const gradient of first.gradients) {
              expect(gradient.every(Number.isFinite)).to.equal(true);
              expect(gradient.some((one) => one !== 0)).to.equal(true);
            }
            expect(await predicted(model, x)).to.deep.equal(await predicted(model, x));
            await checkRoundTrip(model, x);
            for (const one of [model, twin, other]) one.dispose();
          });
          x.dispose();
        });
      }

      it(`${row.name}: takes every family`, async () => {
        const x = inputsOf(row, 4);
        await expectNoLeak(async () => {
          for (const family of FAMILIES) {
            const model = modelOf(row, {family});
            const {gradients} = await pass(model, x);
            expect(gradients.length, family).to.equal(model.trainableWeights.length);
            expect(gradients.flat().every(Number.isFinite), family).to.equal(true);
            await checkRoundTrip(model, x);
            model.dispose();
          }
        });
        x.dispose();
      });
    }
  });
}

import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {recordTape} from '../../../src/models/tape.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {wave} from './models.ts';

/** y = tanh(a) a b with a = x w, recorded with targets a and b. */
function chain(x: tf.Tensor, b: tf.Tensor) {
  return recordTape(() => {
    const a = tf.mul(x, 3);
    return {output: tf.mul(tf.mul(tf.tanh(a), a), b), targets: [a, b]};
  });
}

describe('recordTape', () => {
  it('pulls several gradients back through one forward pass, as tf.grads does', async () => {
    const [x, b] = [wave([4], 0), wave([4], 1)];
    const tape = chain(x, b);
    for (const dy of [wave([4], 2), wave([4], 3)]) {
      const actual = tape.pullback(dy);
      const expected = tf.grads((a, c) => tf.mul(tf.mul(tf.tanh(a as tf.Tensor), a as tf.Tensor), c as tf.Tensor))(
        [tf.mul(x, 3), b],
        dy,
      );
      for (const i of [0, 1]) {
        closeTo(await (actual[i] as tf.Tensor).data(), await (expected[i] as tf.Tensor).data(), {rtol: 1e-5});
      }
    }
    tape.dispose();
  });

  it('evaluates the function once, however many pullbacks there are', () => {
    let runs = 0;
    const x = wave([3], 0);
    const tape = recordTape(() => {
      runs++;
      const a = tf.square(x);
      return {output: tf.exp(a), targets: [a]};
    });
    for (let i = 0; i < 4; i++) tf.dispose(tape.pullback(wave([3], i)));
    tape.dispose();
    expect(runs).to.equal(1);
  });

  it('leaves nothing behind, neither after success nor after an error', async () => {
    const [x, b, dy] = [wave([4], 0), wave([4], 1), wave([4], 2)];
    await expectNoLeak(() => {
      tf.tidy(() => {
        const tape = chain(x, b);
        tape.pullback(dy);
        tape.pullback(dy);
        tape.dispose();
      });
      expect(() =>
        tf.tidy(() => {
          recordTape(() => {
            tf.square(tf.exp(x));
            throw new Error('on purpose');
          });
        }),
      ).to.throw('on purpose');
    });
    expect(tf.engine().state.gradientDepth).to.equal(0);
  });

  it('gives zeros for a target that the output does not depend on, and dy for the output itself', async () => {
    const x = wave([2], 0);
    const tape = recordTape(() => {
      const [a, b] = [tf.square(x), tf.exp(x)];
      return {output: b, targets: [a, b]};
    });
    const [first, second] = tape.pullback(tf.tensor1d([5, 6])) as [tf.Tensor, tf.Tensor];
    tape.dispose();
    expect(Array.from(await first.data())).to.deep.equal([0, 0]);
    expect(Array.from(await second.data())).to.deep.equal([5, 6]);
  });

  it('is differentiable inside tf.grad: the derivative of a pulled-back gradient is the second derivative', async () => {
    // y = softplus(x^2), target a = x^2: g = sigmoid(x^2) dy, so dg/dx = 2 x sigmoid'(x^2) dy
    const x = wave([4], 0.3);
    const gradient = tf.grad((input) => {
      const tape = recordTape(() => {
        const a = tf.square(input);
        return {output: tf.softplus(a), targets: [a]};
      });
      const [g] = tape.pullback(tf.onesLike(input)) as [tf.Tensor];
      tape.dispose();
      return tf.add(g, tf.mul(tape.output, 0));
    })(x);
    const expected = Array.from(await x.data(), (v) => {
      const s = 1 / (1 + Math.exp(-v * v));
      return 2 * v * s * (1 - s);
    });
    closeTo(await gradient.data(), expected, {rtol: 1e-4, atol: 1e-6});
  });

  it('gives the second derivative of operations whose gradient uses their output, which tf.grad of tf.grad loses', async () => {
    const x = wave([4], 0.3);
    const tanh = (v: number): number => -2 * Math.tanh(v) * (1 - Math.tanh(v) ** 2);
    for (const [operation, second] of [
      [tf.tanh, tanh],
      [tf.exp, Math.exp],
    ] as const) {
      const gradient = tf.grad((input) => {
        const tape = recordTape(() => {
          const a = tf.mul(input, 1);
          return {output: operation(a), targets: [a]};
        });
        const [g] = tape.pullback(tf.onesLike(input)) as [tf.Tensor];
        tape.dispose();
        return g;
      })(x);
      closeTo(await gradient.data(), Array.from(await x.data(), second), {rtol: 1e-4, atol: 1e-6});
    }
  });

  it('leaves an outer tape intact', async () => {
    const x = wave([3], 0.2);
    const gradient = tf.grad((input) => {
      const before = tf.square(input);
      const tape = recordTape(() => {
        const a = tf.mul(before, 2);
        return {output: tf.exp(a), targets: [a]};
      });
      tf.dispose(tape.pullback(tf.onesLike(input)));
      tape.dispose();
      return tf.mul(before, tape.output);
    })(x);
    const expected = Array.from(await x.data(), (v) => (2 * v + 4 * v ** 3) * Math.exp(2 * v * v));
    closeTo(await gradient.data(), expected, {rtol: 1e-4, atol: 1e-6});
  });

  it('names an operation without a gradient', () => {
    const x = wave([3, 2], 0);
    const tape = recordTape(() => {
      const a = tf.square(x);
      return {output: tf.stridedSlice(a, [0, 0], [3, 2], [2, 1]), targets: [a]};
    });
    expect(() => tape.pullback(tf.ones([2, 2]))).to.throw(/recordTape: .*'StridedSlice'.*last-layer/);
    tape.dispose();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {DataError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {countInputs, type Net} from '../src/models/index.ts';
import type {LabelledBatch} from './fit.ts';

/**
 * The noise of each output that maximizes a Gaussian likelihood: its root mean squared residual, from one pass over the data
 * without gradients. Throws `DataError` where an output has no residuals.
 */
export async function residualNoiseScales(
  net: Net,
  likelihood: Likelihood,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  caller: string,
): Promise<number[]> {
  const sums = new Float64Array(net.outputSize);
  let rows = 0;
  for await (const {x, y, dispose} of batches) {
    try {
      const f = net.outputs(x);
      let targets: tf.Tensor | undefined;
      let squares: tf.Tensor | undefined;
      try {
        targets = await likelihood.prepareTargets(y, [countInputs(x), ...f.shape.slice(1)], caller);
        squares = sumOfSquares(f, targets);
        (await squares.data()).forEach((value, c) => {
          (sums[c] as number) += value;
        });
        rows += f.size / net.outputSize;
      } finally {
        tf.dispose([f, ...(targets ? [targets] : []), ...(squares ? [squares] : [])]);
      }
    } finally {
      dispose();
    }
  }
  return Array.from(sums, (sum, c) => {
    if (sum > 0 && Number.isFinite(sum)) return Math.sqrt(sum / rows);
    throw new DataError(
      Number.isFinite(sum)
        ? `${caller}: expected residuals of output ${c} to estimate its noise from, got a model that fits it exactly. ` +
            'Pass noiseScale, one number for each output.'
        : `${caller}: expected finite outputs, got residuals of output ${c} whose squares sum to ${sum}. ` +
            "Look for NaN and infinities in x, y and the model's weights.",
    );
  });
}

function sumOfSquares(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const axes = f.shape.map((_, axis) => axis).slice(0, -1);
  return tf.tidy(() => tf.sum(tf.square(tf.sub(y, f)), axes));
}

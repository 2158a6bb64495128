import * as tf from '@tensorflow/tfjs-core';
import {Hono} from 'hono';
import type {Classifier} from './posterior.ts';

/** The endpoints: GET / says what is expected, POST /predict answers {"wines": [[13 numbers], ...]}. */
export function createApp({posterior, standardizer, classes, featureNames}: Classifier): Hono {
  const app = new Hono();

  app.get('/', (context) => context.json({features: featureNames, classes}));

  app.post('/predict', async (context) => {
    const body = await context.req.json().catch(() => undefined);
    const wines = body?.wines;
    if (!isTable(wines, featureNames.length)) {
      const expected = `{"wines": [[${featureNames.length} numbers], ...]}`;
      return context.json({error: `expected ${expected}; GET / lists the measurements in order`}, 400);
    }
    const x = tf.tensor2d(standardizer.transform(wines.flat()), [wines.length, featureNames.length]);
    const predictive = await posterior.predict(x);
    try {
      if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
      const {probs, labels, entropy} = await predictive.toArrays();
      const answers = wines.map((_, i) => ({
        class: classes[labels[i] ?? 0],
        probabilities: [...probs.data.subarray(i * classes.length, (i + 1) * classes.length)],
        // In nats: what more data would remove, and what it would not.
        epistemic: entropy.epistemic[i],
        aleatoric: entropy.aleatoric[i],
      }));
      return context.json(answers);
    } finally {
      predictive.dispose();
      x.dispose();
    }
  });

  return app;
}

function isTable(value: unknown, width: number): value is number[][] {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === width && row.every(Number.isFinite);
  return Array.isArray(value) && value.length > 0 && value.every(isRow);
}

import {createRng} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';
import {brierScore, calibrationError} from 'tfjs-bayes/metrics';

/** A user's program: type-checked and run against the installed package, never against the sources. */
const probs = [
  [0.8, 0.2],
  [0.3, 0.7],
];
const score: number = brierScore(probs, [0, 1]);
const error: number = calibrationError(probs, [0, 1], {bins: 2});
const noise: Float64Array = createRng(1).normals(3);
console.log(JSON.stringify({score, error, drawn: noise.length, laplace: typeof laplace}));

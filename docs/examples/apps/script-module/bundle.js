// What the page uses, as one file that a browser can import. Made anew with
//
//     npx esbuild bundle.js --bundle --format=esm --minify --outfile=tfjs-bayes.js
//
// after `npm install esbuild tfjs-bayes @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-cpu`. Backends that are
// not installed are left out, with a warning. A page that only judges predictions exports from 'tfjs-bayes/metrics' alone
// and stays without tfjs.

export {oneHot, tensor1d, tensor2d, train} from '@tensorflow/tfjs-core';
export {initializers, layers, sequential} from '@tensorflow/tfjs-layers';
export {createRng, initBackend} from 'tfjs-bayes';
export {laplace} from 'tfjs-bayes/laplace';

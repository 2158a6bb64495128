/// <reference types="vite/client" />
// The page: starts the worker and shows what it says.
//
//     npx vite          # or npx vite build --base ./
//
// Packages: vite tfjs-bayes @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm. vite.config.ts asks for
// workers that are modules.

import type {Doubt, Message} from './messages.ts';

const status = document.querySelector('#status') as HTMLElement;
const progress = document.querySelector('progress') as HTMLProgressElement;
const worker = new Worker(new URL('./training.ts', import.meta.url), {type: 'module'});

worker.onmessage = ({data: message}: MessageEvent<Message>) => {
  if (message.kind === 'progress') {
    progress.max = message.epochs;
    progress.value = message.epoch;
    status.textContent = `Epoch ${message.epoch} of ${message.epochs}, loss ${message.loss.toFixed(3)}`;
    return;
  }
  if (message.kind === 'failed') {
    status.textContent = message.message;
  } else {
    const [accuracy, error] = [message.accuracy, message.calibrationError].map((share) => (100 * share).toFixed(1));
    status.textContent = `Digits that it has not seen: ${accuracy}% right, calibration error ${error}%. Of these it is least sure:`;
    document.querySelector('#doubtful')?.append(...message.doubts.map(figure));
  }
  document.body.dataset.state = message.kind;
  worker.terminate();
};
worker.onerror = ({message}) => {
  status.textContent = `The worker did not start: ${message}`;
};

/** The digit, and the two that it may be. */
function figure({pixels, label, probs}: Doubt): HTMLElement {
  const canvas = Object.assign(document.createElement('canvas'), {width: 8, height: 8});
  const image = new ImageData(8, 8);
  pixels.forEach((level, i) => {
    image.data.set([0, 0, 0, 255 * level], 4 * i);
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  const ranked = [...probs.keys()].sort((a, b) => (probs[b] ?? 0) - (probs[a] ?? 0)).slice(0, 2);
  const caption = document.createElement('figcaption');
  caption.textContent = `${ranked.map((k) => `${k}: ${(100 * (probs[k] ?? 0)).toFixed(0)}%`).join(', ')}; it is a ${label}`;
  const result = document.createElement('figure');
  result.append(canvas, caption);
  return result;
}

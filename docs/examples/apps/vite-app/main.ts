/// <reference types="vite/client" />
// A page that trains a small net and shows what it does not know.
//
//     npx vite          # or npx vite build --base ./
//
// Packages: vite tfjs-bayes @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm. No configuration.

import {createData, type ErrorBar, predict, train} from './net.ts';

const find = <E extends Element>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`index.html has no ${selector}`);
  return found;
};
const status = find<HTMLElement>('#status');

try {
  const data = createData();
  const posterior = await train(data);
  draw(
    data,
    await predict(
      posterior,
      Array.from({length: 121}, (_, i) => -6 + i / 10),
    ),
  );
  const input = find<HTMLInputElement>('input');
  const answer = async () => {
    const [bar] = await predict(posterior, [input.valueAsNumber]);
    if (bar !== undefined) find('output').textContent = words(bar);
  };
  input.addEventListener('input', answer);
  input.disabled = false;
  await answer();
  status.textContent =
    'The dark band is ignorance: it widens where there were no points. The light one adds the noise.';
  document.body.dataset.state = 'done';
} catch (error) {
  status.textContent = String(error);
  throw error;
}

function words({mean, sd, epistemic}: ErrorBar): string {
  return `y = ${mean.toFixed(2)} ± ${sd.toFixed(2)}, of which ± ${epistemic.toFixed(2)} is ignorance`;
}

/** The picture's y axis points down. */
function draw(data: readonly [number, number][], bars: readonly ErrorBar[]): void {
  const line = (points: readonly [number, number][]) => `M${points.map(([x, y]) => `${x} ${-y}`).join('L')}`;
  const band = (width: (bar: ErrorBar) => number) => {
    const upper = bars.map((bar): [number, number] => [bar.x, bar.mean + 2 * width(bar)]);
    const lower = bars.map((bar): [number, number] => [bar.x, bar.mean - 2 * width(bar)]);
    return `${line([...upper, ...lower.reverse()])}Z`;
  };
  find('.total').setAttribute(
    'd',
    band(({sd}) => sd),
  );
  find('.epistemic').setAttribute(
    'd',
    band(({epistemic}) => epistemic),
  );
  find('.mean').setAttribute('d', line(bars.map(({x, mean}) => [x, mean])));
  find('.data').innerHTML = data.map(([x, y]) => `<circle cx="${x}" cy="${-y}" r="0.06" />`).join('');
}

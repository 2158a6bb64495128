import {buildControls, chips} from './controls.ts';
import {DATA, splitData} from './data.ts';
import {drawCurves} from './draw/curves.ts';
import {drawMaps} from './draw/maps.ts';
import {cursorMark, marks} from './draw/marks.ts';
import {blank, createPanel} from './draw/panel.ts';
import {svg} from './draw/svg.ts';
import {attachEditor, type Tool} from './editor.ts';
import {showScores} from './judge.ts';
import {CURVE_POINTS, type Frame, MAP_CELLS, type Reply, type Request} from './messages.ts';
import {METHODS, type MethodName} from './methods.ts';
import {CLASSES, type Point} from './points.ts';
import {fromHash, type Settings, toHash} from './settings.ts';
import TrainingWorker from './training/worker.ts?worker';

const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

let settings = fromHash(location.hash);
let tool: Tool = 0;
let cursor: {readonly x: number; readonly y: number} | undefined;
let frame: Frame | undefined;
let backend = '';
let failure = '';
let trainings = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;
/** Methods that are still to be tried, one after the other. */
let tour: MethodName[] = [];
const results = new Map<MethodName, Frame>();

const worker = new TrainingWorker();
const ask = (request: Request): void => worker.postMessage(request);

const panels = {mean: createPanel('mean'), epistemic: createPanel('epistemic'), aleatoric: createPanel('aleatoric')};
element('panels').append(...Object.values(panels).map(({figure}) => figure));
for (const {stage} of [panels.epistemic, panels.aleatoric]) stage.setAttribute('role', 'img');

const points = svg('g');
const cross = svg('g');
const layer = svg('svg', {viewBox: panels.mean.overlay.getAttribute('viewBox') ?? '', 'aria-hidden': 'true'}, [
  points,
  cross,
]);
panels.mean.stage.append(layer);

const showControls = buildControls(element('pick'), element('tune'), change);
const tools = chips(
  'tool',
  'Draw',
  [...CLASSES.map((name, k) => [String(k), name] as const), ['erase', 'Erase']],
  (value) => {
    setTool(value === 'erase' ? value : Number(value));
  },
);
tools.id = 'tools';
element('tools').replaceWith(tools);

/** Takes a change up: in the link, in the controls, and in what is trained or predicted. */
function change(part: Partial<Settings>): void {
  const before = settings;
  settings = {...settings, ...part};
  tour = [];
  if (DATA[before.data].task !== DATA[settings.data].task) settings = {...settings, drawn: []};
  history.replaceState(null, '', `#${toHash(settings)}`);
  if (sameButSamples(before, settings)) {
    showControls(settings);
    ask({kind: 'predict', samples: settings.numbers.samples});
    return;
  }
  if (!sameButMethod(before, settings)) results.clear();
  refresh();
}

/** Shows the settings and trains anew, a moment later, so that a slider or a stroke trains once. */
function refresh(delay = 120): void {
  trainings++; // what is still on its way is about other settings
  document.body.dataset.state = 'training';
  showControls(settings);
  showPoints();
  clearTimeout(waiting);
  waiting = setTimeout(train, delay);
}

function train(): void {
  failure = '';
  ask({kind: 'train', id: trainings, settings, data: split()});
}

worker.onmessage = ({data: reply}: MessageEvent<Reply>) => {
  if (reply.kind === 'ready') backend = reply.backend;
  else if (reply.id !== trainings) return;
  if (reply.kind === 'failed') fail(reply.message);
  if (reply.kind === 'frame') {
    frame = reply;
    if (reply.step === reply.steps) finish(reply);
    show();
  }
  showStatus();
};
worker.onerror = ({message}) => {
  fail(message);
  showStatus();
};

function fail(message: string): void {
  failure = message;
  frame = undefined;
  tour = [];
  document.body.dataset.state = 'failed';
  for (const panel of Object.values(panels)) blank(panel);
  element('judge').replaceChildren();
}

function finish(last: Frame): void {
  document.body.dataset.state = 'done';
  results.set(settings.method, last);
  const [next, ...rest] = tour;
  if (next === undefined) return;
  settings = {...settings, method: next};
  tour = rest;
  history.replaceState(null, '', `#${toHash(settings)}`);
  refresh(400);
}

function show(): void {
  if (frame === undefined) return;
  const {view} = frame;
  if (view.kind === 'classes') {
    for (const {overlay} of Object.values(panels)) overlay.replaceChildren();
    drawMaps(view, panels);
  } else drawCurves(view, panels);
  showScores(element('judge'), frame, {method: settings.method, numbers: view.kind === 'numbers', results});
  const all = document.createElement('button');
  Object.assign(all, {type: 'button', id: 'tour', textContent: tour.length > 0 ? 'Stop' : 'Try every method'});
  all.addEventListener('click', toggleTour);
  element('judge').lastElementChild?.append(all);
}

function toggleTour(): void {
  const [first, ...rest] = tour.length > 0 ? [] : (Object.keys(METHODS) as MethodName[]);
  tour = rest;
  if (first === undefined) {
    show();
    return;
  }
  settings = {...settings, method: first};
  refresh();
}

function showPoints(): void {
  const {train: learnt} = split();
  const numbers = DATA[settings.data].task === 'numbers';
  const held = settings.drawn.filter((point) => !learnt.includes(point));
  points.replaceChildren(...marks(learnt, {numbers, hollow: false}), ...marks(held, {numbers, hollow: true}));
  element('clear').toggleAttribute('disabled', settings.drawn.length === 0);
  element('undo').toggleAttribute('disabled', settings.drawn.length === 0);
  for (const input of tools.querySelectorAll('input')) {
    input.checked = input.value === String(tool);
    const label = input.parentElement as HTMLElement;
    label.hidden = numbers && (input.value === '1' || input.value === '2');
    label.lastChild?.replaceWith(
      numbers && input.value === '0'
        ? 'Point'
        : input.value === 'erase'
          ? 'Erase'
          : (CLASSES[Number(input.value)] ?? ''),
    );
  }
}

function showStatus(): void {
  const status = element('status');
  status.classList.toggle('failed', failure !== '');
  document.body.style.setProperty('--progress', frame === undefined ? '0' : String(frame.step / frame.steps));
  if (failure !== '' || frame === undefined) {
    status.textContent = failure || 'Loading …';
    return;
  }
  const {step, steps, predictMillis, view} = frame;
  const inputs = view.kind === 'numbers' ? `${CURVE_POINTS}` : `${MAP_CELLS} × ${MAP_CELLS}`;
  const progress = step === steps ? `Trained in ${steps} steps` : `Step ${step} of ${steps}`;
  status.textContent = `${progress} on ${backend}. Predicting ${inputs} inputs took ${predictMillis.toFixed(0)} ms.`;
}

function split() {
  return splitData(settings.data, settings.numbers, settings.drawn);
}

function setTool(next: Tool): void {
  tool = DATA[settings.data].task === 'numbers' && next !== 'erase' ? 0 : next;
  showPoints();
}

attachEditor(panels.mean.stage, {
  tool: () => tool,
  setTool,
  drawn: () => settings.drawn,
  setDrawn: (drawn: readonly Point[]) => change({drawn}),
  setCursor: (at) => {
    cursor = at;
    cross.replaceChildren(...(cursor === undefined ? [] : [cursorMark(cursor)]));
  },
  say: (words) => {
    element('spoken').textContent = words;
  },
});

element('undo').addEventListener('click', () => change({drawn: settings.drawn.slice(0, -1)}));
element('clear').addEventListener('click', () => change({drawn: []}));
element('train').addEventListener('click', () => refresh(0));
element('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(location.href);
  element('spoken').textContent = 'Link copied';
  element('copy').textContent = 'Copied';
  setTimeout(() => (element('copy').textContent = 'Copy link'), 1500);
});
window.addEventListener('hashchange', () => {
  settings = fromHash(location.hash);
  tour = [];
  results.clear();
  refresh(0);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);

refresh(0);

function sameButSamples(a: Settings, b: Settings): boolean {
  const rest = (one: Settings) => toHash({...one, numbers: {...one.numbers, samples: 16}});
  return rest(a) === rest(b) && a.numbers.samples !== b.numbers.samples && frame !== undefined;
}

function sameButMethod(a: Settings, b: Settings): boolean {
  return toHash({...a, method: 'map'}) === toHash({...b, method: 'map'});
}

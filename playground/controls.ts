import {DATA, type DataName} from './data.ts';
import {METHODS} from './methods.ts';
import {NUMBERS, type NumberName, settingValue} from './numbers.ts';
import type {Settings} from './settings.ts';

/** Takes up what a person has set. */
export type Change = (change: Partial<Settings>) => void;

/** Builds the controls; the function returned shows settings in them. */
export function buildControls(pick: HTMLElement, tune: HTMLElement, change: Change): (settings: Settings) => void {
  const idea = document.createElement('p');
  idea.className = 'hint';
  const data = (task: string, title: string) =>
    chips(
      'data',
      title,
      Object.entries(DATA).flatMap(([name, set]) => (set.task === task ? [[name, set.label] as const] : [])),
      (name) => change({data: name as DataName}),
    );
  const method = chips(
    'method',
    'Method',
    Object.entries(METHODS).map(([name, {label}]) => [name, label] as const),
    (name) => change({method: name as Settings['method']}),
  );
  pick.append(data('classes', 'Classes'), data('numbers', 'Numbers'), method, idea);

  const sliders = new Map((Object.keys(NUMBERS) as NumberName[]).map((name) => [name, slider(name)]));
  const one = (name: NumberName): HTMLElement => sliders.get(name)?.row as HTMLElement;
  const choices = [
    choice('noiseModel', 'Noise of numbers', {assumed: 'as assumed above', learned: 'learned, by input'}),
    choice('activation', 'Activation', {tanh: 'tanh', relu: 'relu'}),
    choice('backend', 'Computed on', {wasm: 'WebAssembly', webgl: 'WebGL', ...(HAS_WEBGPU && {webgpu: 'WebGPU'})}),
  ];
  const more = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = 'More settings';
  const [noiseModel, ...others] = choices.map(({row}) => row);
  more.append(summary, ...(['points', 'width', 'steps', 'seed'] as const).map(one), ...others);
  tune.append(...(['prior', 'noise', 'assumed'] as const).map(one));
  if (noiseModel !== undefined) tune.append(noiseModel);
  tune.append(...(['samples', 'members', 'rate'] as const).map(one), more);

  let shown: Settings | undefined;

  function slider(name: NumberName) {
    const {label, min, max, step} = NUMBERS[name];
    const input = document.createElement('input');
    Object.assign(input, {type: 'range', min, max, step, id: `set-${name}`, name});
    const output = document.createElement('output');
    output.htmlFor.add(input.id);
    const caption = document.createElement('label');
    caption.htmlFor = input.id;
    caption.textContent = label;
    const row = document.createElement('div');
    row.className = 'slider';
    row.append(caption, output, input);
    input.addEventListener('input', () => {
      if (shown !== undefined) change({numbers: {...shown.numbers, [name]: Number(input.value)}});
    });
    return {row, input, output};
  }

  function choice<K extends 'noiseModel' | 'activation' | 'backend'>(
    name: K,
    label: string,
    options: Readonly<Partial<Record<Settings[K], string>>>,
  ) {
    const select = document.createElement('select');
    select.id = `set-${name}`;
    select.append(...Object.entries(options).map(([value, words]) => new Option(String(words), value)));
    select.addEventListener('change', () => change({[name]: select.value}));
    const caption = document.createElement('label');
    caption.htmlFor = select.id;
    caption.textContent = label;
    const row = document.createElement('div');
    row.className = 'choice';
    row.append(caption, select);
    return {name, row, select};
  }

  return (settings) => {
    shown = settings;
    const {task} = DATA[settings.data];
    const used: readonly NumberName[] = METHODS[settings.method].uses;
    idea.textContent = METHODS[settings.method].idea;
    for (const group of pick.querySelectorAll('fieldset')) {
      for (const input of group.querySelectorAll('input'))
        input.checked = settings[input.name as 'data'] === input.value;
    }
    for (const [name, {row, input, output}] of sliders) {
      input.value = String(settings.numbers[name]);
      const value = settingValue(name, settings.numbers[name]);
      output.textContent = String(Number(value.toPrecision(2)));
      if (value >= 100) output.textContent = String(Math.round(value));
      const ofSome = name === 'samples' || name === 'members' || name === 'rate';
      row.hidden =
        (ofSome && !used.includes(name)) ||
        (name === 'assumed' && (task === 'classes' || settings.noiseModel === 'learned'));
    }
    for (const {name, row, select} of choices) {
      select.value = settings[name];
      if (name === 'noiseModel') row.hidden = task === 'classes';
    }
  };
}

/** A row of choices of which one is taken. */
export function chips(
  name: string,
  title: string,
  options: readonly (readonly [value: string, label: string])[],
  choose: (value: string) => void,
): HTMLFieldSetElement {
  const group = document.createElement('fieldset');
  const legend = document.createElement('legend');
  legend.textContent = title;
  group.append(legend);
  for (const [value, words] of options) {
    const input = document.createElement('input');
    Object.assign(input, {type: 'radio', name, value});
    input.addEventListener('change', () => choose(value));
    const label = document.createElement('label');
    label.className = 'chip';
    label.append(input, words);
    group.append(label);
  }
  return group;
}

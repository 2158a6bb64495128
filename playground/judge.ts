import {reliabilityDiagram} from './draw/reliability.ts';
import type {Frame} from './messages.ts';
import {METHODS, type MethodName} from './methods.ts';

/** What is known of a method on the data as they are. */
export type Results = ReadonlyMap<MethodName, Frame>;

/** Shows how good the prediction is, beside the methods that were tried before. */
export function showScores(
  section: HTMLElement,
  frame: Frame,
  {method, numbers, results}: {method: MethodName; numbers: boolean; results: Results},
): void {
  const {scores} = frame;
  const diagram = card(
    'Reliability',
    numbers ? 'intervals against the targets in them' : 'confidence against accuracy',
  );
  diagram.append(reliabilityDiagram(scores, numbers));
  const error = numbers ? 'RMSE' : 'Accuracy';
  const figures = document.createElement('dl');
  figures.append(
    ...figure('NLL', digits(scores?.nll), 'nats; lower is better'),
    ...figure('ECE', percent(scores?.ece), 'calibration error; lower is better'),
    ...figure(
      error,
      numbers ? digits(scores?.error) : percent(scores?.error),
      numbers ? 'lower is better' : 'higher is better',
    ),
  );
  const now = card(
    'Scores',
    scores === undefined ? 'every fourth drawn point is held out' : `on ${scores.points} points that it has not seen`,
  );
  now.append(figures);
  const tried = card('Methods on these data', 'as they were at the end of training');
  tried.append(table(method, numbers, results));
  section.replaceChildren(diagram, now, tried);
}

function table(method: MethodName, numbers: boolean, results: Results): HTMLElement {
  const head = row('th', ['Method', 'NLL', 'ECE', numbers ? 'RMSE' : 'Acc.', 'Train', 'Predict']);
  const rows = (Object.keys(METHODS) as MethodName[]).map((name) => {
    const frame = results.get(name);
    const scores = frame?.scores;
    const cells = [
      digits(scores?.nll),
      percent(scores?.ece),
      numbers ? digits(scores?.error) : percent(scores?.error),
      frame === undefined ? '–' : `${(frame.trainMillis / 1000).toFixed(1)} s`,
      frame === undefined ? '–' : `${Math.round(frame.predictMillis)} ms`,
    ];
    const line = row('td', [METHODS[name].label, ...cells]);
    line.classList.toggle('current', name === method);
    if (frame === undefined) line.classList.add('untried');
    return line;
  });
  const body = document.createElement('tbody');
  body.append(...rows);
  const top = document.createElement('thead');
  top.append(head);
  const whole = document.createElement('table');
  whole.append(top, body);
  const scroll = document.createElement('div');
  scroll.className = 'scroll';
  scroll.append(whole);
  return scroll;
}

function row(kind: 'th' | 'td', texts: readonly string[]): HTMLTableRowElement {
  const line = document.createElement('tr');
  line.append(
    ...texts.map((text, i) => {
      const cell = document.createElement(i === 0 ? 'th' : kind);
      if (cell instanceof HTMLTableCellElement && cell.tagName === 'TH') cell.scope = kind === 'th' ? 'col' : 'row';
      cell.textContent = text;
      return cell;
    }),
  );
  return line;
}

function figure(name: string, value: string, words: string): HTMLElement[] {
  const [term, amount] = [document.createElement('dt'), document.createElement('dd')];
  term.textContent = name;
  const small = document.createElement('small');
  small.textContent = words;
  amount.append(value, small);
  return [term, amount];
}

function card(title: string, hint: string): HTMLElement {
  const article = document.createElement('article');
  const heading = document.createElement('h2');
  heading.textContent = title;
  const words = document.createElement('p');
  words.className = 'hint';
  words.textContent = hint;
  article.append(heading, words);
  return article;
}

function digits(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(100 * share).toFixed(1)}%`;
}

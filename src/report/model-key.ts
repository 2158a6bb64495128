import {html, nothing, raw, type SafeHtml} from './html.ts';
import {seriesColour, seriesDash} from './palette.ts';

/** A model's name with the line that stands for it in the plots. */
export function modelKey(name: string, i: number): SafeHtml {
  const line =
    '<svg class="key" width="22" height="10" viewBox="0 0 22 10" aria-hidden="true">' +
    `<path d="M1 5h20" stroke="${seriesColour(i)}" stroke-width="2.5" stroke-dasharray="${seriesDash(i).join(' ')}"/></svg>`;
  return html`<span class="model">${raw(line)}${name}</span>`;
}

/** The keys of all models in a row; nothing where there is one model only. */
export function modelKeys(names: readonly string[]): SafeHtml {
  return names.length < 2 ? nothing : html`<p class="keys">${names.map(modelKey)}</p>`;
}

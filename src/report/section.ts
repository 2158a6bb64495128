import {html, nothing, raw, type SafeHtml} from './html.ts';

/** A plot in its frame. */
export interface Plot {
  /** Heading of the plot. */
  readonly title: string | SafeHtml;
  /** One more line under the heading. */
  readonly detail?: string | SafeHtml;
  /** The picture. */
  readonly svg: string;
}

/** A part of the page: heading, how to read it, plots. Nothing where there is no plot. */
export function section(
  title: string,
  explanation: string,
  plots: readonly Plot[],
  {wide = false, before = nothing}: {readonly wide?: boolean; readonly before?: SafeHtml} = {},
): SafeHtml {
  if (plots.length === 0) return nothing;
  const figures = plots.map(({title: heading, detail, svg}) => {
    const line = detail === undefined ? nothing : html`<span class="detail">${detail}</span>`;
    return html`<figure class="plot"><figcaption><b>${heading}</b>${line}</figcaption>${raw(svg)}</figure>\n`;
  });
  return html`<section><h2>${title}</h2><p>${explanation}</p>${before}
<div class="plots${wide ? ' wide' : ''}">
${figures}</div></section>
`;
}

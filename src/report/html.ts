/** A piece of HTML whose texts are escaped already. */
export interface SafeHtml {
  /** The HTML. */
  readonly html: string;
}

type Part = SafeHtml | string | number | ReadonlyArray<SafeHtml>;

/** Replaces the characters that mean something in HTML, in text and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Template tag that escapes every text put into it; pieces made by this tag or by {@link raw} go in as they are. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): SafeHtml {
  let result = strings[0] ?? '';
  for (const [i, part] of parts.entries()) result += toHtml(part) + (strings[i + 1] ?? '');
  return {html: result};
}

/** Marks HTML that we made ourselves, such as an SVG picture, as safe. */
export function raw(text: string): SafeHtml {
  return {html: text};
}

/** Nothing. */
export const nothing: SafeHtml = {html: ''};

function toHtml(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map((piece) => piece.html).join('');
}

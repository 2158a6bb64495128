/** A Markdown table; the first `words` columns stand to the left, the others to the right like numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  {words = head.length}: {words?: number} = {},
): string {
  const rule = head.map((_, column) => (column < words ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

import {expect} from 'chai';
import {html, raw} from '../../../src/report/html.ts';

describe('html', () => {
  it('escapes every text and leaves pieces that are HTML', () => {
    const evil = `<img src=x onerror="alert('&')">`;
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;';
    expect(html`<p title="${evil}">${evil}</p>`.html).to.equal(`<p title="${escaped}">${escaped}</p>`);
    expect(html`<ul>${[html`<li>${'<'}</li>`, html`<li>${2}</li>`]}</ul>`.html).to.equal(
      '<ul><li>&lt;</li><li>2</li></ul>',
    );
    expect(html`${raw('<b>')}`.html).to.equal('<b>');
  });
});

import {expect} from 'chai';
import type {Page} from 'playwright-core';

/** What a person sees on each page when it is done. */
export const checks: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'vite-app': async (page) => {
    await done(page);
    for (const part of ['.total', '.epistemic', '.mean']) {
      expect(await page.getAttribute(part, 'd'), part).to.match(/^M-6 [-\d.]+L/);
    }
    const [gap, near, far] = [await ignorance(page, 0), await ignorance(page, 2.5), await ignorance(page, 8)];
    expect(gap, 'in the gap').to.be.above(1.5 * near);
    expect(far, 'beyond the ends').to.be.above(3 * near);
  },

  worker: async (page) => {
    const seen = await page.evaluate(async () => {
      const values = new Set<number>();
      let frames = 0;
      while (document.body.dataset.state === undefined) {
        await new Promise(requestAnimationFrame);
        values.add(document.querySelector('progress')?.value ?? 0);
        frames++;
      }
      return {values: values.size, frames};
    });
    expect(seen.values, 'steps of the progress bar').to.be.above(3);
    expect(seen.frames, 'frames drawn meanwhile').to.be.above(10);
    await done(page);
    const [, accuracy, error] = /: ([\d.]+)% right, calibration error ([\d.]+)%/.exec(await said(page)) ?? [];
    expect(Number(accuracy)).to.be.above(90);
    expect(Number(error)).to.be.below(10);
    const captions = await page.locator('figcaption').allTextContents();
    expect(captions).to.have.length(4);
    for (const caption of captions) expect(caption).to.match(/^\d: \d+%, \d: \d+%; it is a \d$/);
  },

  'script-module': async (page) => {
    await done(page);
    const rows = await page.locator('tbody tr').allInnerTexts();
    const numbers = rows.map((row) => row.split('\t').slice(1).map(Number.parseFloat));
    expect(numbers).to.have.length(5);
    const [atHome = [], , , far = []] = numbers;
    expect(atHome[1], 'among its like').to.be.above(90);
    expect(far[1], 'far away').to.be.below(far[0] ?? 0);
    expect(far[2], 'ignorance').to.be.above(2 * (atHome[2] ?? 0));
  },
};

async function done(page: Page): Promise<void> {
  await page.waitForFunction(
    "document.body.dataset.state !== undefined || /Error/.test(document.querySelector('#status').textContent)",
  );
  expect(await page.getAttribute('body', 'data-state'), await said(page)).to.equal('done');
}

const said = async (page: Page): Promise<string> => (await page.textContent('#status')) ?? '';

/** The epistemic standard deviation that the page tells for x. */
async function ignorance(page: Page, x: number): Promise<number> {
  const before = await page.textContent('output');
  await page.fill('input', String(x + 0.01));
  await page.waitForFunction((text) => document.querySelector('output')?.textContent !== text, before);
  return Number(/± ([\d.]+) is ignorance/.exec((await page.textContent('output')) ?? '')?.[1]);
}

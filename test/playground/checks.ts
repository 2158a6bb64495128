import {expect} from 'chai';
import type {Page} from 'playwright-core';
import {difference, pixels, pointCount, retrained, type Visit} from './visit.ts';

/** Small enough to be trained in a moment. */
const QUICK = 'points=40&width=8&steps=100';
const METHOD_CHIP = (method: string): string => `#pick label:has(input[value="${method}"])`;

/** What a person does at the page, and what is to come of it. */
export const checks: Readonly<Record<string, (visit: Visit) => Promise<void>>> = {
  'fits 1280 and 390 pixels, light and dark': async (visit) => {
    for (const [name, hash, width, dark] of [
      ['light-1280', 'data=moons&method=laplace', 1280, false],
      ['dark-1280', 'data=fan&method=ensemble&noiseModel=learned', 1280, true],
      ['light-390', `data=sine&method=vbll&${QUICK}`, 390, false],
      ['dark-390', `data=blobs&method=dropout&${QUICK}`, 390, true],
    ] as const) {
      const page = await visit.open(hash, {width, dark});
      await visit.picture(page, name);
      const seen = await page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        paper: getComputedStyle(document.body).backgroundColor,
        unnamed: [...document.querySelectorAll('input, select, button, .stage')].filter((one) => {
          const labels = (one as HTMLInputElement).labels;
          return !one.getAttribute('aria-label') && !labels?.length && !one.textContent?.trim();
        }).length,
      }));
      expect(seen.width, name).to.equal(width);
      expect(seen.unnamed, `${name}: controls without a name`).to.equal(0);
      expect(seen.paper).to.equal(dark ? 'rgb(21, 24, 27)' : 'rgb(251, 251, 249)');
    }
  },

  'maps change with the method, and a plain net has no epistemic part': async (visit) => {
    const page = await visit.open(`data=moons&method=map&${QUICK}`);
    const plain = {mean: await pixels(page, 'mean'), epistemic: await pixels(page, 'epistemic')};
    expect(new Set(plain.epistemic).size, 'colours of nothing').to.be.lessThan(5);
    for (const method of ['laplace', 'vbll', 'ivon', 'ensemble']) {
      await retrained(page, () => page.click(METHOD_CHIP(method)));
      expect(difference(plain.epistemic, await pixels(page, 'epistemic')), method).to.be.greaterThan(0.1);
      expect(new URL(page.url()).hash).to.contain(`method=${method}`);
    }
    expect(await page.locator('#judge tr.untried').count()).to.be.lessThan(
      (await page.locator('#judge tbody tr').count()) - 4,
    );
    expect(await page.textContent('#judge dl')).to.match(/NLL\d+\.\d{3}.*ECE\d+\.\d%.*Accuracy\d+\.\d%/);
    expect(await page.locator('.reliability .dot').count()).to.be.greaterThan(1);
  },

  'points are drawn, learnt, taken back and cleared': async (visit) => {
    const page = await visit.open(`data=blobs&method=map&${QUICK}`);
    expect(await pointCount(page)).to.equal(40);
    const before = await pixels(page, 'mean');
    await page.click('#tools label:has(input[value="2"])');
    await retrained(page, () => stroke(page));
    const drawn = (await pointCount(page)) - 40;
    expect(drawn).to.be.greaterThan(8);
    expect(await page.locator('#mean .mark.hollow').count(), 'held out').to.equal(Math.floor(drawn / 4));
    expect(difference(before, await pixels(page, 'mean'))).to.be.greaterThan(0.05);
    await retrained(page, () => page.click('#undo'));
    expect(await pointCount(page)).to.equal(40 + drawn - 1);
    await retrained(page, () => page.click('#clear'));
    expect(await pointCount(page)).to.equal(40);
    expect(await page.isDisabled('#undo')).to.equal(true);
  },

  'points are drawn and removed with the keyboard alone': async (visit) => {
    const page = await visit.open(`data=moons&method=map&${QUICK}`);
    await page.focus('#mean .stage');
    for (const key of ['2', 'Shift+ArrowLeft', 'ArrowUp']) await page.keyboard.press(key);
    expect(await page.locator('.cursor').count()).to.equal(1);
    expect(await page.textContent('#spoken')).to.equal('-0.5, 0.1');
    expect(await page.isChecked('#tools input[value="1"]')).to.equal(true);
    await retrained(page, () => page.keyboard.press('Space'));
    expect(await pointCount(page)).to.equal(41);
    await retrained(page, () => page.keyboard.press('Backspace'));
    expect(await pointCount(page)).to.equal(40);
    // Every control is reached by Tab, and arrows choose among methods.
    await page.focus('#pick input[name="method"]:checked');
    await retrained(page, () => page.keyboard.press('ArrowDown'));
    expect(await page.isChecked('input[value="laplace"]')).to.equal(true);
  },

  'a link keeps settings and points': async (visit) => {
    const page = await visit.open(`data=circles&method=laplace&${QUICK}`);
    await retrained(page, () => stroke(page));
    await setSlider(page, 'seed', 5);
    await retrained(page, () => setSlider(page, 'prior', 0.5));
    await page.click('#copy');
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const again = await visit.open(new URL(link).hash.slice(1));
    expect(await pointCount(again)).to.equal(await pointCount(page));
    expect(await again.inputValue('#set-prior')).to.equal('0.5');
    expect(await again.inputValue('#set-seed')).to.equal('5');
    expect(difference(await pixels(page, 'mean'), await pixels(again, 'mean'))).to.equal(0);
  },

  'numbers have bands, and their own words': async (visit) => {
    const page = await visit.open(`data=sine&method=laplace-all&${QUICK}`);
    for (const band of ['#mean .band.total', '#mean .band.epistemic', '#epistemic .band', '#aleatoric .band']) {
      expect(await page.getAttribute(band, 'd'), band).to.match(/^M.*Z$/);
    }
    expect(await page.textContent('#judge dl')).to.contain('RMSE');
    const before = await page.getAttribute('#mean .band.total', 'd');
    await retrained(page, () => setSlider(page, 'assumed', 0.8));
    expect(await page.getAttribute('#mean .band.total', 'd')).not.to.equal(before);
    expect(await page.locator('#tools label:visible').allTextContents()).to.deep.equal(['Point', 'Erase']);
  },

  'an empty plane asks for points': async (visit) => {
    const page = await visit.open(`data=moons&method=map&${QUICK}`);
    await page.click(METHOD_CHIP('plane'));
    await page.waitForFunction("document.body.dataset.state === 'failed'");
    expect(await page.textContent('#status')).to.equal('Draw at least four points to learn from.');
    await retrained(page, () => stroke(page));
    expect(await page.textContent('#status')).to.contain('Trained');
  },

  'a 60 x 60 map with 16 samples follows its slider': async (visit) => {
    const page = await visit.open('data=moons&method=ivon&points=40&steps=100');
    const times = await page.evaluate(async () => {
      const slider = document.querySelector<HTMLInputElement>('#set-samples') as HTMLInputElement;
      const status = document.querySelector('#status') as HTMLElement;
      const found: number[] = [];
      for (let i = 0; i < 12; i++) {
        const started = performance.now();
        slider.value = String(17 - (i % 2));
        const shown = new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            resolve();
          });
          observer.observe(status, {childList: true, characterData: true, subtree: true});
        });
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        await shown;
        found.push(performance.now() - started);
      }
      return found;
    });
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    visit.remark = `: ${(1000 / median).toFixed(1)} frames a second, median of ${times.length}, IVON on wasm`;
    expect(times).to.have.length(12);
  },

  'the page never freezes while it trains': async (visit) => {
    const page = await visit.open('data=moons&method=ensemble'); // long enough for frames to count on a slow machine
    const {frames, longest} = await page.evaluate(async () => {
      (document.querySelector('#train') as HTMLElement).click();
      let last = performance.now();
      let [gap, count] = [0, 0];
      document.body.dataset.state = 'asked';
      while (document.body.dataset.state !== 'done') {
        await new Promise(requestAnimationFrame);
        gap = Math.max(gap, performance.now() - last);
        last = performance.now();
        count++;
      }
      return {frames: count, longest: gap};
    });
    visit.remark = `: longest pause ${longest.toFixed(0)} ms`;
    expect(frames, 'frames that the page drew in the meantime').to.be.above(10);
  },
};

/** Draws a line of points over the upper left of the plane. */
async function stroke(page: Page): Promise<void> {
  const box = await page.locator('#mean .stage').boundingBox();
  if (box === null) throw new Error('no map to draw on');
  await page.mouse.move(box.x + 0.1 * box.width, box.y + 0.15 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.2 * box.height, {steps: 24});
  await page.mouse.up();
}

async function setSlider(page: Page, name: string, value: number): Promise<void> {
  await page.locator(`#set-${name}`).evaluate((input, to) => {
    (input as HTMLInputElement).value = String(to);
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }, value);
}

import {join} from 'node:path';
import {expect} from 'chai';
import type {Browser, BrowserContext, Page} from 'playwright-core';

/** How the page is opened. */
export interface View {
  readonly width?: number;
  readonly dark?: boolean;
}

/** A person at the page. */
export class Visit {
  /** What a check found, said behind its name. */
  remark = '';
  readonly #browser: Browser;
  readonly #url: string;
  readonly #pictures: string | undefined;
  readonly #complaints: string[] = [];
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, url: string, pictures: string | undefined) {
    this.#browser = browser;
    this.#url = url;
    this.#pictures = pictures;
  }

  /** Opens a link and waits until the net is trained. */
  async open(hash: string, {width = 1280, dark = false}: View = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: {width, height: 900},
      colorScheme: dark ? 'dark' : 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(240_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.#complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.#complaints.push(String(error.stack)));
    page.on('requestfailed', (request) => this.#complaints.push(`not loaded: ${request.url()}`));
    await page.goto(`${this.#url}#${hash}`);
    await trained(page);
    return page;
  }

  /** Throws where the page complained on its console. */
  expectQuiet(): void {
    expect(this.#complaints.join('\n'), 'console').to.equal('');
  }

  /** Keeps a picture of the whole page where pictures are wanted. */
  async picture(page: Page, name: string): Promise<void> {
    if (this.#pictures === undefined) return;
    await page.screenshot({path: join(this.#pictures, `${name}.png`), fullPage: true});
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
  }
}

/** Waits for the end of training. */
export async function trained(page: Page): Promise<void> {
  await page.waitForFunction("document.body.dataset.state === 'done'");
}

/** Does something that trains anew, and waits for the end of it. */
export async function retrained(page: Page, act: () => Promise<unknown>): Promise<void> {
  await page.evaluate("document.body.dataset.state = 'asked'");
  await act();
  await trained(page);
}

/** The pixels of a map. */
export function pixels(page: Page, map: 'mean' | 'epistemic' | 'aleatoric'): Promise<number[]> {
  return page.evaluate((name) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#${name} canvas`);
    const {width = 0, height = 0} = canvas ?? {};
    return [...(canvas?.getContext('2d')?.getImageData(0, 0, width, height).data ?? [])];
  }, map);
}

/** The share of numbers that differ by more than a little. */
export function difference(a: readonly number[], b: readonly number[]): number {
  expect(a.length, 'pixels').to.equal(b.length).and.be.greaterThan(4);
  return a.filter((value, i) => Math.abs(value - (b[i] as number)) > 4).length / a.length;
}

/** How many points are shown. */
export function pointCount(page: Page): Promise<number> {
  return page.locator('#mean .mark').count();
}

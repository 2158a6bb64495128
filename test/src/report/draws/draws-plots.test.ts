import {expect} from 'chai';
import {createRng, ecdfDifferencePlot, pairsPlot, rankPlot, tracePlot} from '../../../../src/index.ts';

const values = createRng(1).normals(4 * 600 * 3);
const draws = {
  chains: 4,
  draws: 600,
  parameters: {tau: {shape: [], values: values.subarray(0, 2400)}, theta: {shape: [2], values: values.subarray(2400)}},
};
const count = (svg: string, part: RegExp): number => svg.match(part)?.length ?? 0;
/** Lines of a plot: Vega writes each as a path without fill. */
const lines = (svg: string): string[] =>
  (svg.match(/<path [^>]*>/g) ?? []).filter((path) => /stroke-width="(0.8|1.2|1.5)"/.test(path));

describe('plots of draws', () => {
  it('tracePlot draws a line for each chain and number, thinned to 400 points', async () => {
    const svg = await tracePlot(draws);
    expect(lines(svg)).to.have.length(12);
    for (const line of lines(svg)) expect(count(line, /[ML]/g)).to.equal(400);
    expect(svg).to.match(/^<svg role="img" aria-label="Traces of 4 chains: tau, theta\[0\], theta\[1\]"/);
    expect(lines(await tracePlot(draws, {parameters: ['theta[1]']}))).to.have.length(4);
    expect(lines(await tracePlot(draws, {parameters: ['theta']}))).to.have.length(8);
  });

  it('rankPlot stands near 1 for chains that mix and leaves it for one that does not', async () => {
    const heights = (svg: string): number[][] =>
      lines(svg).map((line) => (line.match(/-?[\d.]+(?=[LMZ"])/g) ?? []).map(Number));
    const spread = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);
    const apart = {
      ...draws,
      parameters: {tau: {shape: [], values: draws.parameters.tau.values.map((v, i) => (i < 600 ? v + 3 : v))}},
    };
    const [mixed, stuck] = [heights(await rankPlot(draws, {parameters: ['tau']})), heights(await rankPlot(apart))];
    expect(mixed).to.have.length(4);
    expect(stuck).to.have.length(4);
    expect(spread(stuck[0] as number[])).to.be.above(70); // of 110 pixels: the shifted chain holds all the highest ranks
  });

  it('ecdfDifferencePlot draws each sample within one band, and refuses what is not uniform by its range', async () => {
    const svg = await ecdfDifferencePlot({a: createRng(2).uniforms(150), b: createRng(3).uniforms(150)});
    expect(lines(svg)).to.have.length(2);
    expect(svg).to.contain('with its 95% band: a, b');
    expect(() => ecdfDifferencePlot({a: [0.5], b: [0.5, 0.7]})).to.throw(/one length, got 1, 2/);
    expect(() => ecdfDifferencePlot({})).to.throw(/got none/);
    expect(() => ecdfDifferencePlot({a: [0.5, 7]})).to.throw(/got 7 in 'a'/);
  });

  it('pairsPlot draws each pair once and marks divergent draws', async () => {
    const svg = await pairsPlot(draws, {divergences: [{chain: 1, draw: 5}]});
    expect(count(svg, /var\(--series-2/g)).to.equal(3); // the one divergent draw in each of three pairs
    expect(count(svg, /class="mark-group role-scope/g)).to.be.at.least(6);
  });

  it('refuses names that the draws do not have', () => {
    expect(() => tracePlot(draws, {parameters: ['sigma']})).to.throw(/tracePlot: .*'sigma'.*'tau', 'theta\[0\]'/);
    expect(() => rankPlot(draws, {parameters: ['thet']})).to.throw(/rankPlot/);
    expect(() => pairsPlot(draws, {parameters: ['x']})).to.throw(/pairsPlot/);
  });
});

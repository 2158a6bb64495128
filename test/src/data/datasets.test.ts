import {expect} from 'chai';
import {type DatasetName, loadDataset} from '../../../src/data/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v / values.length, 0);

describe('loadDataset', () => {
  // Rows, inputs and published class counts or target mean of each set.
  it('has the 178 wines of the repository: 59, 71 and 48 of each cultivar', async () => {
    const wine = await loadDataset('wine');
    expect([wine.rows, wine.features, wine.targetName]).to.deep.equal([178, 13, 'cultivar']);
    expect(counts(wine.y)).to.deep.equal([59, 71, 48]);
    closeTo(mean(column(wine, 'alcohol')), 13.000618, {rtol: 1e-6});
    closeTo(mean(column(wine, 'proline')), 746.893258, {rtol: 1e-6});
  });

  it('has the 569 breast masses: 212 malignant and 357 benign', async () => {
    const cancer = await loadDataset('breast-cancer');
    expect([cancer.rows, cancer.features]).to.deep.equal([569, 30]);
    expect(cancer.classes).to.deep.equal(['malignant', 'benign']);
    expect(counts(cancer.y)).to.deep.equal([212, 357]);
    closeTo(mean(column(cancer, 'mean_radius')), 14.127292, {rtol: 1e-6});
  });

  it('has the 442 diabetes patients with a mean progression of 152.13', async () => {
    const diabetes = await loadDataset('diabetes');
    expect([diabetes.rows, diabetes.features, diabetes.y.constructor]).to.deep.equal([442, 10, Float32Array]);
    closeTo(mean(diabetes.y), 152.133484, {rtol: 1e-6});
    closeTo(mean(column(diabetes, 'bmi')), 26.375792, {rtol: 1e-6});
  });

  it('has the 1797 digits with pixels from 0 to 16', async () => {
    const digits = await loadDataset('digits');
    expect([digits.rows, digits.features]).to.deep.equal([1797, 64]);
    expect(counts(digits.y)).to.deep.equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect([Math.min(...digits.x), Math.max(...digits.x)]).to.deep.equal([0, 16]);
    closeTo(mean(digits.x), 4.884165, {rtol: 1e-6});
    expect([...digits.x.slice(0, 8)]).to.deep.equal([0, 0, 5, 13, 9, 1, 0, 0]);
  });

  it('names every column and says whom to cite', async () => {
    for (const name of ['wine', 'breast-cancer', 'diabetes', 'digits'] as const) {
      const set = await loadDataset(name);
      expect(set.name).to.equal(name);
      expect(new Set(set.featureNames).size).to.equal(set.features);
      expect(set.x.length).to.equal(set.rows * set.features);
      expect(set.y.length).to.equal(set.rows);
      expect(set.attribution).to.match(name === 'diabetes' ? /Efron/ : /UCI Machine Learning Repository/);
    }
  });

  it('lists the names there are', async () => {
    let message = '';
    await loadDataset('iris' as DatasetName).catch((error: unknown) => {
      expect(error).to.be.instanceOf(ConfigError);
      message = String(error);
    });
    expect(message).to.match(/wine, breast-cancer, diabetes, digits, got 'iris'/);
  });
});

function counts(labels: Int32Array): number[] {
  const result: number[] = [];
  for (const label of labels) result[label] = (result[label] ?? 0) + 1;
  return result;
}

function column(set: {x: Float32Array; features: number; featureNames: readonly string[]}, name: string): Float32Array {
  const j = set.featureNames.indexOf(name);
  expect(j).to.be.at.least(0);
  return set.x.filter((_, i) => i % set.features === j);
}

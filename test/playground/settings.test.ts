import {expect} from 'chai';
import {DATA, type DataName, splitData} from '../../playground/data.ts';
import {METHODS} from '../../playground/methods.ts';
import {decodePoints, EXTENT, encodePoints, type Point, snap} from '../../playground/points.ts';
import {DEFAULTS, fromHash, type Settings, toHash} from '../../playground/settings.ts';

describe('playground: settings in a link', () => {
  it('come back as they were', () => {
    const drawn = [snap({x: 0.37, y: -2.9, label: 2}), snap({x: -3, y: 3, label: 0})];
    const settings: Settings = {
      data: 'fan',
      method: 'ivon',
      noiseModel: 'learned',
      activation: 'relu',
      backend: 'webgl',
      numbers: {...DEFAULTS.numbers, prior: -1.3, samples: 33, seed: 7, noise: 0.45},
      drawn,
    };
    expect(fromHash(`#${toHash(settings)}`)).to.deep.equal(settings);
  });

  it('are the defaults where a link says nothing or nonsense', () => {
    expect(fromHash('')).to.deep.equal(DEFAULTS);
    expect(fromHash('#data=nowhere&method=magic&samples=9999&steps=x&noise=&drawn=!!!!!zz')).to.deep.equal(DEFAULTS);
  });

  it('fall on the steps of their sliders', () => {
    expect(fromHash('#samples=16.4&prior=0.333').numbers).to.include({samples: 16, prior: 0.3});
  });

  it('name data and method even where they are the defaults', () => {
    expect(toHash(DEFAULTS)).to.equal(`data=${DEFAULTS.data}&method=${DEFAULTS.method}`);
  });
});

describe('playground: points in a link', () => {
  it('lie where they were drawn, to a thousandth of the plane', () => {
    const point: Point = {x: 1.2345, y: -0.777, label: 1};
    const [found] = decodePoints(encodePoints([point]));
    expect(found?.x).to.be.closeTo(point.x, (2 * EXTENT) / 1000);
    expect(found?.y).to.be.closeTo(point.y, (2 * EXTENT) / 1000);
    expect(found?.label).to.equal(1);
    expect(snap(point)).to.deep.equal(found);
  });

  it('of an unknown class are left out', () => {
    expect(decodePoints('000070000a00001')).to.have.length(1);
  });
});

describe('playground: data', () => {
  const numbers = {points: 60, noise: 0.1, seed: 3};

  for (const name of Object.keys(DATA) as DataName[]) {
    it(`${name}: has the points that were asked for, on the plane, the same for the same seed`, () => {
      const {train, test} = splitData(name, numbers, []);
      const isEmpty = DATA[name].point === undefined;
      expect(train).to.have.length(isEmpty ? 0 : 60);
      expect(test).to.have.length(isEmpty ? 0 : 400);
      expect([...train, ...test].every(({x, y}) => Math.abs(x) <= EXTENT && Math.abs(y) <= EXTENT)).to.equal(true);
      expect(splitData(name, numbers, []).train).to.deep.equal(train);
      if (!isEmpty) expect(splitData(name, {...numbers, seed: 4}, []).train).not.to.deep.equal(train);
    });
  }

  it('holds every fourth drawn point out', () => {
    const drawn = Array.from({length: 9}, (_, i) => ({x: i / 10, y: 0, label: i % 2}));
    const {train, test} = splitData('plane', numbers, drawn);
    expect(test).to.deep.equal([drawn[3], drawn[7]]);
    expect(train).to.deep.equal(drawn.filter((_, i) => i !== 3 && i !== 7));
  });

  it('of the sine has its gap', () => {
    const {train} = splitData('sine', numbers, []);
    expect(train.some(({x}) => x > -0.69 && x < 0.69)).to.equal(false);
  });
});

describe('playground: methods', () => {
  it('each have a name of their own and a sentence', () => {
    const all = Object.values(METHODS);
    expect(new Set(all.map(({label}) => label)).size).to.equal(all.length);
    expect(all.every(({idea}) => idea.endsWith('.'))).to.equal(true);
  });
});

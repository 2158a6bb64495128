import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {chees, type McmcResult, nuts, type SamplerOptions, type SamplerTarget} from '../../inference/index.ts';
import {summarizeDraws} from '../../src/diagnostics/index.ts';
import {createRng} from '../../src/random/index.ts';
import {distances, pose, posteriors} from '../inference/mcmc/posteriordb.ts';

const samplers: [string, (target: SamplerTarget, options: SamplerOptions) => Promise<McmcResult>, SamplerOptions][] = [
  ['chees', chees, {chains: 32, warmup: 200, draws: 360}],
  ['nuts', nuts, {chains: 32, warmup: 200, draws: 250}],
];

describe('the posteriors of posteriordb', function () {
  this.timeout(600000);

  for (const [name, sampler, options] of samplers) {
    for (const posterior of posteriors) {
      it(`${name} recovers ${posterior}`, async () => {
        const {model, data} = pose(posterior);
        const {draws, statistics} = await sampler(model, {...options, rng: createRng(1)});
        tf.dispose(data);
        for (const row of summarizeDraws(draws)) {
          expect(row.bulkEss, `bulk ESS of ${row.name}`).to.be.at.least(4000);
          expect(row.tailEss, `tail ESS of ${row.name}`).to.be.at.least(4000);
          expect(row.rHat, `R-hat of ${row.name}`).to.be.below(1.01);
        }
        for (const {what, errors} of distances(posterior, draws)) expect(errors, what).to.be.below(4);
        expect(statistics.divergences).to.deep.equal([]);
      });
    }
  }
});

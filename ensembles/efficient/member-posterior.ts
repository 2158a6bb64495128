import * as tf from '@tensorflow/tfjs-core';
import {saveHandler, toArtifacts} from '../../src/io/index.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {leafLayers} from '../../src/models/graph.ts';
import {type Inputs, withWeights} from '../../src/models/index.ts';
import {withOverrides} from '../../src/models/override.ts';
import {monteCarloPredict, type Posterior, type PredictOptions, type SampleOptions} from '../../src/posterior/index.ts';
import {type NoisyCall, withNoise} from '../../src/posterior/net-noise.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCount, checkSaves} from '../checks.ts';
import {memberOutputs} from '../host.ts';
import {findMeanOfMembers, type MeanOfMembers} from './mean-of-members.ts';
import type {MemberFields} from './member-fields.ts';
import {membersSaved} from './member-saved.ts';
import {MemberScale} from './member-scale.ts';
import {membersOfRows, swapFirst} from './rows.ts';

/**
 * Equal mass on each member of an efficient ensemble: `p(y | x) = 1/M sum_m p(y | f_m(x))`, each an average over draws where the
 * factors are Gaussian or masks are drawn.
 *
 * Densities are mixed, never their parameters. Holds its weights itself, the shared ones once, so that the model may be trained on.
 * Made by `memberPosterior`.
 */
export class MemberPosterior implements Posterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  readonly #fields: MemberFields;
  readonly #end: MeanOfMembers;
  readonly #random: readonly MemberScale[];
  readonly #noisy: readonly NoisyCall[];

  /** @internal */
  constructor(fields: MemberFields, caller: string) {
    const {model} = fields.host.net;
    this.#fields = fields;
    this.#end = findMeanOfMembers(model, caller);
    this.#random = leafLayers(model).filter((layer) => layer instanceof MemberScale && layer.isRandom) as MemberScale[];
    this.#noisy = fields.masks?.find(fields.host.net, caller) ?? [];
    this.likelihood = fields.likelihood;
  }

  /** Number M of members. */
  get size(): number {
    return this.#end.members;
  }

  /** The predictive at `x`: of each member once, or of `samples` draws, rounded up to as many of each, where factors or masks are random. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    if (this.#isRandom) {
      const samples = checkCount(options.samples ?? this.#fields.samples, 'samples', 1, 'memberPosterior.predict');
      return monteCarloPredict(this, x, {...options, samples: Math.ceil(samples / this.size) * this.size});
    }
    const draws = this.#outputs(x, options.batchSize);
    try {
      return this.likelihood.predictive({draws}, options);
    } finally {
      draws.dispose();
    }
  }

  /**
   * Outputs [S, N, ..., C] of members drawn at random: with replacement, or where factors or masks are random, M by M in random order, each
   * with factors and masks of its own.
   */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('members')}: SampleOptions): Promise<tf.Tensor> {
    checkCount(samples, 'samples', 1, 'memberPosterior.sampleOutputs');
    const {size} = this;
    return tf.tidy(() => {
      if (!this.#isRandom) {
        const picked = Array.from(rng.uniforms(samples), (u) => Math.floor(u * size));
        return tf.gather(this.#outputs(x, batchSize), tf.tensor1d(picked, 'int32'));
      }
      const passes = Array.from({length: Math.ceil(samples / size)}, (_, pass) =>
        tf.tidy(() => {
          const stream = rng.fork(pass);
          const order = tf.tensor1d(Int32Array.from(stream.permutation(size)), 'int32');
          return tf.gather(this.#outputs(x, batchSize, stream), order);
        }),
      );
      return tf.slice(tf.concat(passes), 0, samples);
    });
  }

  /** Saves all weights, the shared ones once; load it with any model of the same architecture. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const save = checkSaves(saveHandler(handler), 'memberPosterior.save');
    return save(toArtifacts(await membersSaved(this.#fields)));
  }

  /** Disposes the weights. */
  dispose(): void {
    tf.dispose([...this.#fields.weights]);
  }

  get #isRandom(): boolean {
    return this.#random.length + this.#noisy.length > 0;
  }

  /** Outputs of every member, [M, N, ..., C], factors and masks drawn from `rng`; the factors once for all inputs. */
  #outputs(x: Inputs, batchSize?: number, rng?: Rng): tf.Tensor {
    const {host, weights, masks} = this.#fields;
    return tf.tidy(() => {
      const passRows = {target: this.#end, key: 'call', value: (inputs: tf.Tensor[]) => inputs};
      const drawn = withWeights(host.variables, weights, () =>
        this.#random.map((layer, i) => ({
          target: layer,
          key: 'drawn',
          value: rng && layer.drawFactors(rng.fork(`factors/${i}`)),
        })),
      );
      const evaluate = (): tf.Tensor => memberOutputs(host, [weights], x, batchSize);
      const rows = withOverrides([passRows, ...drawn], () =>
        rng && masks ? withNoise(host.net, this.#noisy, masks.shared, rng.fork('masks'), evaluate) : evaluate(),
      );
      return swapFirst(membersOfRows(tf.squeeze(rows, [0]), this.size));
    });
  }
}

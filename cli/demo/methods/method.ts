import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Posterior} from '../../../src/posterior/index.ts';
import type {Rng} from '../../../src/random/index.ts';
import type {OnBatch} from '../digit-net.ts';
import type {LabelledImages} from '../images.ts';
import type {MethodScores} from './judge.ts';

/** What a method has to work with. */
export interface Task {
  readonly train: LabelledImages;
  readonly epochs: number;
  /** The net with a softmax head trained with Adam, number `member`, 0 to 4: trained once, then read from disk. */
  member(member: number): Promise<LayersModel>;
  /** Scores of a posterior on the trial. */
  judge(posterior: Posterior, samples: number): Promise<MethodScores>;
  readonly rng: Rng;
  readonly onBatch: OnBatch;
}

/** What a method gave. */
export interface Outcome {
  readonly scores: MethodScores;
  /** Forward passes for one prediction. */
  readonly passes: number;
  /** Numbers kept, as a multiple of the net's weights. */
  readonly memory: number;
  /** Of nets that the method took over ready-made: their number. */
  readonly members?: number;
}

/** One row of the table. */
export interface Method {
  readonly name: string;
  run(task: Task): Promise<Outcome>;
}

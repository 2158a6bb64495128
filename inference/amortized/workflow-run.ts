import type {Rng} from '../../src/random/index.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import type {DataSets} from './simulator.ts';

/** Where a run stands. */
export interface WorkflowProgress {
  /** Data sets done, those found in `file` included. */
  readonly done: number;
  /** Data sets in all. */
  readonly total: number;
  /** The outcomes that came since the last report. */
  readonly latest: readonly DatasetOutcome[];
}

/** Options of {@link AmortizedWorkflow.run}. */
export interface WorkflowRunOptions {
  /** The random stream; only forked. Default `createRng(0)`. */
  readonly rng?: Rng;
  /** The numbers of the data sets, which choose their random streams. Default 0, 1, ... */
  readonly indices?: readonly number[];
  /**
   * Data sets that go through the steps together, after which progress is reported and `file` is written. Default 32 where the
   * model's density is `paired`, else 4; the outcomes do not depend on it.
   */
  readonly together?: number;
  /**
   * A file (Node) to which outcomes are appended as they come, and from which a run that was stopped goes on. Seed, data and options
   * are checked; that networks and density are the same is up to you.
   */
  readonly file?: string;
  /** Whether data sets of `file` that were not accepted are done anew, now with other options maybe. Default false. */
  readonly retry?: boolean;
  /** Threads (Node) among which the data sets are spread, each with a backend of its own. Default 1: none but this one. */
  readonly workers?: number;
  /** For `workers`: URL of a module that exports `create`, which makes this workflow in a thread. */
  readonly worker?: URL | string;
  /** Called after every `together` data sets. */
  readonly onProgress?: (progress: WorkflowProgress) => void;
}

/** Finds the posteriors of many data sets with one amortized posterior. */
export interface AmortizedWorkflow {
  /** The options but for networks and density, as JSON. */
  readonly settings: string;
  /**
   * One outcome for each data set, in their order. The same seed gives the same outcomes, in one thread or several, at once or
   * with a stop between.
   *
   * @param dataSets the data sets along the first axis.
   * @param options where the outcomes go and who finds them.
   *
   * @throws ConfigError if `file` holds another run's outcomes, or `workers` has no module.
   * @throws ShapeError if there are no data sets, or not one index for each.
   */
  run(dataSets: DataSets, options?: WorkflowRunOptions): Promise<DatasetOutcome[]>;
}

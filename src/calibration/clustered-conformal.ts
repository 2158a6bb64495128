import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {createRng, type Rng} from '../random/index.ts';
import {conformalQuantile, conformalRank} from './conformal-quantile.ts';
import {checkLevel} from './inputs.ts';

/** What {@link clusteredConformalQuantiles} returns. */
export interface ClusteredThresholds {
  /** Thresholds [K], for `conformalSets(probs, {perClass})`. */
  readonly perClass: Float64Array;
  /** The cluster of each class [K]; -1 for classes too rare to be put into one, which share the threshold of all. */
  readonly clusters: Int32Array;
}

/** Options of {@link clusteredConformalQuantiles}. */
export interface ClusteredConformalOptions {
  /** Number of classes K. */
  readonly classes: number;
  /** Coverage to guarantee within each cluster, between 0 and 1; 0.9 by default. */
  readonly level?: number;
  /** Number of clusters, at least 1. By default from how many examples the rarest clustered class has, as in the paper. */
  readonly clusters?: number;
  /** Share of the examples that forms the clusters; the others give the thresholds. By default as in the paper. */
  readonly share?: number;
  /** Which examples form the clusters, and where clustering starts; a fixed seed by default. */
  readonly rng?: Rng;
}

/**
 * Clustered conformal thresholds: classes whose scores are distributed alike share one, for many classes with few examples each.
 *
 * Part of the examples embeds each class by the quantiles of its scores at the levels 0.5, 0.6, 0.7, 0.8, 0.9 and `level`;
 * k-means with weights sqrt(n_k) puts the classes into clusters; the other examples give each cluster its
 * {@link conformalQuantile} (Ding, Angelopoulos, Bates, Jordan & Tibshirani 2023). Coverage holds for the examples of each
 * cluster, and about so for each class. Classes with fewer than 1 / (1 - level) - 1 examples are put into none.
 *
 * @param scores Nonconformity scores of held-out examples, at their labels.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link ClusteredConformalOptions}.
 * @throws DataError for scores that are not finite, labels out of range, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level or share outside (0, 1), or clusters that are no positive integer.
 *
 * @example
 * ```ts
 * import {clusteredConformalQuantiles} from 'tfjs-bayes';
 * const labels = Array.from({length: 400}, (_, i) => i % 4);
 * const scores = labels.map((label, i) => (label < 2 ? 1 : 10) * (i / 400)); // two easy and two hard classes
 * const {perClass, clusters} = clusteredConformalQuantiles(scores, labels, {classes: 4, clusters: 2, share: 0.5});
 * console.log(clusters, perClass); // [0, 0, 1, 1] or [1, 1, 0, 0], and a low threshold for the first two
 * ```
 */
export function clusteredConformalQuantiles(
  scores: ArrayLike<number>,
  labels: Labels,
  {classes, level = 0.9, clusters, share, rng = createRng(0)}: ClusteredConformalOptions,
): ClusteredThresholds {
  const caller = 'clusteredConformalQuantiles';
  checkLevel(caller, level);
  const values = finiteVector(caller, 'scores', scores);
  const target = classLabels(caller, labels, values.length, classes);
  const defaults = heuristics(target, classes, level);
  const part = share ?? defaults.share;
  const groups = clusters ?? Math.max(1, Math.floor((part * defaults.fewest) / 2));
  if (!(part > 0 && part < 1 && Number.isInteger(groups) && groups >= 1)) {
    throw new ConfigError(
      `${caller}: expected a share between 0 and 1 and a positive number of clusters, got ${part} and ${groups}. Leave them out ` +
        'for what the number of examples allows.',
    );
  }
  const forClusters = rng
    .fork('split')
    .uniforms(values.length)
    .map((u) => Number(u < part));
  const embedded = embed(values, target, classes, level, (i) => forClusters[i] === 1);
  const cluster = kMeans(embedded, groups, rng.fork('start'));
  const clusterOf = Int32Array.from({length: classes}, () => -1);
  embedded.forEach(({label}, e) => {
    clusterOf[label] = cluster[e] as number;
  });
  const rest = Uint32Array.from(values.keys()).filter((i) => forClusters[i] === 0);
  const threshold = (wanted: (label: number) => boolean): number => {
    const own = Float64Array.from(rest.filter((i) => wanted(target[i] as number))).map((i) => values[i] as number);
    return own.length === 0 ? Infinity : conformalQuantile(own, {level});
  };
  const shared = threshold(() => true);
  const byCluster = Array.from({length: groups}, (_, g) => threshold((label) => clusterOf[label] === g));
  return {perClass: Float64Array.from(clusterOf, (g) => byCluster[g] ?? shared), clusters: clusterOf};
}

/** Examples of the rarest class that can have a threshold, and the share of them that may go into clustering. */
function heuristics(target: Int32Array, classes: number, level: number): {fewest: number; share: number} {
  const counts = new Float64Array(classes);
  for (const label of target) counts[label] = (counts[label] as number) + 1;
  const enough = 1 / (1 - level) - 1;
  const common = counts.filter((count) => count >= enough);
  const fewest = Math.max(
    enough,
    counts.reduce((least, count) => Math.min(least, count), Infinity),
  );
  return {fewest, share: Math.max(0.05, common.length / (75 + common.length))};
}

interface EmbeddedClass {
  readonly label: number;
  readonly weight: number;
  readonly at: readonly number[];
}

function embed(
  values: Float64Array,
  target: Int32Array,
  classes: number,
  level: number,
  used: (i: number) => boolean,
): EmbeddedClass[] {
  const levels = [0.5, 0.6, 0.7, 0.8, 0.9, level];
  return Array.from({length: classes}, (_, label) => {
    const own = values.filter((_value, i) => target[i] === label && used(i)).sort();
    if (own.length === 0 || conformalRank(own.length, {level}) > own.length) return [];
    const at = levels.map((p) => own[Math.min(own.length, conformalRank(own.length, {level: p})) - 1] as number);
    return [{label, weight: Math.sqrt(own.length), at}];
  }).flat();
}

/** Weighted k-means from seeded starts that are spread out: the cluster of each point. */
function kMeans(points: readonly EmbeddedClass[], groups: number, rng: Rng): Int32Array {
  const distance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, v, d) => sum + (v - (b[d] as number)) ** 2, 0);
  const first = points[Math.floor((rng.uniforms(1)[0] as number) * points.length)];
  const centres = first === undefined ? [] : [first.at];
  while (centres.length < Math.min(groups, points.length)) {
    const gaps = points.map(({at}) => Math.min(...centres.map((centre) => distance(at, centre))));
    centres.push((points[gaps.indexOf(Math.max(...gaps))] as EmbeddedClass).at);
  }
  const cluster = new Int32Array(points.length);
  for (let round = 0; round < 100; round++) {
    let moved = false;
    points.forEach(({at}, p) => {
      const gaps = centres.map((centre) => distance(at, centre));
      const nearest = gaps.indexOf(Math.min(...gaps));
      moved ||= nearest !== cluster[p];
      cluster[p] = nearest;
    });
    if (!moved) break;
    centres.forEach((_, g) => {
      const own = points.filter((_point, p) => cluster[p] === g);
      const total = own.reduce((sum, {weight}) => sum + weight, 0);
      if (total === 0) return;
      centres[g] = (own[0] as EmbeddedClass).at.map((_v, d) =>
        own.reduce((sum, {weight, at}) => sum + (weight / total) * (at[d] as number), 0),
      );
    });
  }
  return cluster;
}

/** Masses in two columns on a grid of equally spaced points from 0 to 1; only the points that hold any are listed. */
export interface GridMasses {
  /** Number of points of the grid. */
  readonly points: number;
  /** The points that hold a mass, ascending. */
  readonly place: Int32Array;
  /** Their masses. */
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Puts masses at positions in [0, 1] onto a grid, each shared between its two neighbours in proportion to nearness. */
export function roundToGrid(
  positions: Float64Array,
  first: Float64Array,
  second: Float64Array,
  points: number,
): GridMasses {
  const sums = [new Float64Array(points), new Float64Array(points)] as const;
  const held = new Uint8Array(points);
  for (let i = 0; i < positions.length; i++) {
    const at = (positions[i] as number) * (points - 1);
    const left = Math.min(Math.floor(at), points - 2);
    const share = at - left;
    addTo(sums[0], left, share, first[i] as number);
    addTo(sums[1], left, share, second[i] as number);
    held[left] = 1;
    held[left + 1] = 1;
  }
  const place = Int32Array.from(held.keys()).filter((g) => held[g] === 1);
  const listed = (column: Float64Array) => Float64Array.from(place, (g) => column[g] as number);
  return {points, place, first: listed(sums[0]), second: listed(sums[1])};
}

function addTo(grid: Float64Array, left: number, share: number, mass: number): void {
  grid[left] = (grid[left] as number) + (1 - share) * mass;
  grid[left + 1] = (grid[left + 1] as number) + share * mass;
}

/**
 * Both columns convolved with a Gaussian density cut off at a distance of 1/2, interpolated at ascending `positions` in [0, 1]; outside
 * the grid the masses are mirrored, or there are none.
 *
 * Only the grid points next to a position are worked out, each from the masses within the Gaussian's reach.
 */
export function smoothedAt(
  masses: GridMasses,
  positions: Float64Array,
  sigma: number,
  mirrored: boolean,
): {first: Float64Array; second: Float64Array} {
  const last = masses.points - 1;
  // Beyond nine standard deviations the Gaussian is below the rounding of its peak.
  const reach = Math.min(last / 2, Math.ceil(9 * sigma * last));
  const kernel = Float64Array.from(
    {length: reach + 1},
    (_, d) => Math.exp(-((d / last) ** 2) / (2 * sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma),
  );
  const source = mirrored ? withMirrorImages(masses, reach) : masses;
  const first = new Float64Array(positions.length);
  const second = new Float64Array(positions.length);
  const known = {point: -1, values: [0, 0] as [number, number]};
  let from = 0;
  const valuesAt = (point: number): [number, number] => {
    if (point === known.point) return known.values;
    while (from < source.place.length && (source.place[from] as number) < point - reach) from++;
    known.point = point;
    known.values = gathered(source, from, point, kernel);
    return known.values;
  };
  for (let j = 0; j < positions.length; j++) {
    const at = (positions[j] as number) * last;
    const left = Math.min(Math.max(Math.floor(at), 0), last - 1);
    const share = at - left;
    const [a, c] = valuesAt(left);
    const [b, d] = valuesAt(left + 1);
    first[j] = a * (1 - share) + b * share;
    second[j] = c * (1 - share) + d * share;
  }
  return {first, second};
}

function gathered({place, first, second}: GridMasses, from: number, point: number, kernel: Float64Array) {
  let [sum, other] = [0, 0];
  for (let g = from; g < place.length; g++) {
    const distance = Math.abs((place[g] as number) - point);
    if (distance >= kernel.length) break;
    const k = kernel[distance] as number;
    sum += k * (first[g] as number);
    other += k * (second[g] as number);
  }
  return [sum, other] as [number, number];
}

/** The masses and their images behind 0 and 1, as far as the Gaussian reaches. */
function withMirrorImages(masses: GridMasses, reach: number): GridMasses {
  const last = masses.points - 1;
  const below: number[] = [];
  const above: number[] = [];
  masses.place.forEach((g, i) => {
    if (g > 0 && g <= reach) below.push(i);
    if (g < last && g >= last - reach) above.push(i);
  });
  below.reverse();
  above.reverse();
  const column = (values: Float64Array) =>
    Float64Array.from([...below.map((i) => values[i] as number), ...values, ...above.map((i) => values[i] as number)]);
  const image = (i: number) => masses.place[i] as number;
  return {
    points: masses.points,
    place: Int32Array.from([...below.map((i) => -image(i)), ...masses.place, ...above.map((i) => 2 * last - image(i))]),
    first: column(masses.first),
    second: column(masses.second),
  };
}

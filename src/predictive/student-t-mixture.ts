import {crpsStudentT} from '../metrics/index.ts';
import {studentTCdf, studentTQuantile} from '../special/index.ts';

/** One member of a mixture of Student-t distributions. */
export interface StudentTMember {
  readonly location: number;
  readonly scale: number;
  readonly df: number;
  readonly weight: number;
}

const BISECTIONS = 200;
/** Nodes of the double-exponential rule on each half line. */
const [NODES, REACH] = [80, 3.2];

/** p(y <= value). */
export function mixtureCdf(members: readonly StudentTMember[], value: number): number {
  return members.reduce((sum, {location, scale, df, weight}) => {
    return sum + weight * studentTCdf((value - location) / scale, df);
  }, 0);
}

/** The value that y stays below with probability q: in closed form for one member, else by bisection between them. */
export function mixtureQuantile(members: readonly StudentTMember[], q: number): number {
  const each = members.map(({location, scale, df}) => location + scale * studentTQuantile(q, df));
  let [low, high] = [Math.min(...each), Math.max(...each)];
  for (let i = 0; i < BISECTIONS && high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)); i++) {
    const middle = low + (high - low) / 2;
    if (mixtureCdf(members, middle) < q) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}

/**
 * Continuous ranked probability score, infinite where a member has a df of at most 1: in closed form for one member, else
 * `integral of cdf(x)^2 below y + integral of (1 - cdf(x))^2 above y` by a double-exponential rule (Takahasi and Mori, 1974).
 */
export function mixtureCrps(members: readonly StudentTMember[], y: number): number {
  if (members.some(({df}) => df <= 1)) return Infinity;
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return crpsStudentT(only.df, only.location, only.scale, [y]);
  const unit = Math.max(...members.map(({location, scale}) => scale + Math.abs(y - location)));
  const step = (2 * REACH) / (NODES - 1);
  let sum = 0;
  for (let i = 0; i < NODES; i++) {
    const t = -REACH + i * step;
    const distance = unit * Math.exp((Math.PI / 2) * Math.sinh(t));
    const slope = distance * (Math.PI / 2) * Math.cosh(t);
    const below = mixtureCdf(members, y - distance);
    const above = members.reduce((all, {location, scale, df, weight}) => {
      return all + weight * studentTCdf((location - y - distance) / scale, df);
    }, 0);
    sum += step * slope * (below ** 2 + above ** 2);
  }
  return sum;
}

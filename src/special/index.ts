export {betainc} from './beta.ts';
export {binomialQuantile} from './binomial.ts';
export {erf, erfc, erfcx} from './erf.ts';
export {digamma, lgamma, trigamma} from './gamma.ts';
export {gammaP, gammaQ} from './incomplete-gamma.ts';
export {logSumExp} from './log-sum-exp.ts';
export {logNormalCdf, normalCdf, normalPdf, normalQuantile} from './normal.ts';
export {studentTCdf, studentTPdf, studentTQuantile} from './student-t.ts';

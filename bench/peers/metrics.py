"""The work of bench/metrics.ts in NumPy, its checks of the input included; prints median milliseconds as JSON.

Needs: pip install numpy scipy
"""
import json
import statistics
import time

import numpy as np
from scipy.special import erf

N, K, BINS, ROUNDS = 1_000_000, 10, 15, 7
rng = np.random.default_rng(1)
p = rng.dirichlet(np.full(K, 0.3), N)
p32 = p.astype(np.float32)
labels = rng.integers(0, K, N)
rows = np.arange(N)
confidence = p.max(1)
correct = p.argmax(1) == labels
mean, targets = rng.normal(size=N), rng.normal(size=N)
std = rng.uniform(0.5, 2, N)


def check(p):
    if not (p.min() >= 0 and np.abs(p.sum(1) - 1).max() <= 1e-3):
        raise ValueError('not probabilities')


def finite(*vectors):
    for v in vectors:
        if not np.isfinite(v).all():
            raise ValueError('not finite')


def accuracy(p):
    check(p)
    return (p.argmax(1) == labels).mean()


def nll(p):
    check(p)
    return -np.log(p[rows, labels]).mean()


def brier(p):
    check(p)
    return ((p * p).sum(1) - 2 * p[rows, labels] + 1).mean()


def entropy(p):
    check(p)
    return -(p * np.log(p, where=p > 0, out=np.zeros_like(p))).sum(1)


def top_label(p):
    check(p)
    best = p.argmax(1)
    return p[rows, best], best == labels


def gaps(c, hits, index, bins):
    count = np.bincount(index, minlength=bins)
    gap = np.bincount(index, hits, bins) - np.bincount(index, c, bins)
    return np.abs(gap).sum() / count.sum()


def ece(p):
    c, hits = top_label(p)
    return gaps(c, hits, np.minimum((c * BINS).astype(np.int64), BINS - 1), BINS)


def ece_mass(p):
    c, hits = top_label(p)
    order = np.argsort(c)
    return gaps(c[order], hits[order], np.minimum(rows * BINS // N, BINS - 1), BINS)


def classwise(p):
    check(p)
    return np.mean([gaps(p[:, k], labels == k, np.minimum((p[:, k] * BINS).astype(np.int64), BINS - 1), BINS) for k in range(K)])


def curve():
    finite(confidence)
    order = np.argsort(-confidence)
    s = confidence[order]
    tp = np.cumsum(correct[order])
    last = np.r_[np.nonzero(np.diff(s))[0], N - 1]
    return tp[last], last + 1 - tp[last]


def auroc():
    tp, fp = curve()
    return np.trapezoid(np.r_[0, tp], np.r_[0, fp]) / (tp[-1] * fp[-1])


def average_precision():
    tp, fp = curve()
    return (np.diff(np.r_[0, tp]) * tp / (tp + fp)).sum() / tp[-1]


def fpr95():
    tp, fp = curve()
    return fp[np.searchsorted(tp, 0.95 * tp[-1])] / fp[-1]


def aurc():
    tp, fp = curve()
    k = rows + 1
    # Among equal confidences errors are expected to come evenly, as ours counts them.
    return (np.interp(k, np.r_[0, tp + fp], np.r_[0, fp]) / k).mean()


def gaussian_nll():
    finite(mean, std, targets)
    z = (targets - mean) / std
    return (np.log(std) + 0.5 * z * z).mean() + 0.5 * np.log(2 * np.pi)


def crps():
    finite(mean, std, targets)
    z = (targets - mean) / std
    return (std * (z * erf(z / np.sqrt(2)) + np.sqrt(2 / np.pi) * np.exp(-0.5 * z * z) - 1 / np.sqrt(np.pi))).mean()


def rmse():
    finite(mean, targets)
    return np.sqrt(((mean - targets) ** 2).mean())


def coverage():
    finite(mean, std, targets)
    return (np.abs(targets - mean) <= 1.96 * std).mean()


works = {
    **{f'{name} float64': lambda f=f: f(p) for name, f in {'accuracy': accuracy, 'negativeLogLikelihood': nll, 'brierScore': brier, 'predictiveEntropy': entropy, 'calibrationError': ece, 'calibrationError equal-mass': ece_mass, 'calibrationError classwise': classwise}.items()},
    **{f'{name} float32': lambda f=f: f(p32) for name, f in {'accuracy': accuracy, 'negativeLogLikelihood': nll, 'brierScore': brier, 'predictiveEntropy': entropy, 'calibrationError': ece}.items()},
    'auroc': auroc,
    'averagePrecision': average_precision,
    'fprAtTpr': fpr95,
    'areaUnderRiskCoverage': aurc,
    'rootMeanSquaredError': rmse,
    'gaussianNegativeLogLikelihood': gaussian_nll,
    'crpsGaussian': crps,
    'intervalCoverage': coverage,
}
times = {name: [] for name in works}
for turn in range(-1, ROUNDS):
    for name, work in works.items():
        start = time.perf_counter()
        work()
        if turn >= 0:
            times[name].append(1000 * (time.perf_counter() - start))
print(json.dumps({name: statistics.median(t) for name, t in times.items()}))

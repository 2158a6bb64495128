"""The work of bench/laplace.ts done by laplace-torch on one thread; prints milliseconds as JSON.

Needs: pip install torch laplace-torch==0.2.3
"""
import json
import time
import warnings

import torch
from laplace import Laplace
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings('ignore')
torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.rand(6400, 784)
y = torch.randint(0, 10, (6400,))
loader = DataLoader(TensorDataset(x, y), batch_size=256)


def net():
    layers = [torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)]
    return torch.nn.Sequential(*layers).eval()


def timed(work):
    start = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - start), result


def fitted(weights, structure, evidence):
    def work():
        la = Laplace(net(), 'classification', subset_of_weights=weights, hessian_structure=structure)
        la.fit(loader)
        if evidence:
            la.log_marginal_likelihood()
        return la

    return timed(work)


figures = {}
figures['allKronFit'], la = fitted('all', 'kron', True)
figures['allKronPredict'], _ = timed(lambda: la(x[:200]))
figures['lastKronFit'], _ = fitted('last_layer', 'kron', False)
figures['lastFullFit'], la = fitted('last_layer', 'full', False)
figures['lastFullTune'], _ = timed(lambda: la.optimize_prior_precision(method='marglik'))
print(json.dumps(figures))

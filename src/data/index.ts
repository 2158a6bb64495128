export {type BatchOptions, batches} from './batches.ts';
export {type NumericTable, readCsv, tableColumn} from './csv.ts';
export {
  type ClassificationDataset,
  type Dataset,
  type DatasetName,
  type Datasets,
  loadDataset,
  type RegressionDataset,
} from './datasets.ts';
export {readIdx} from './idx.ts';
export {type NpyArray, readNpy, writeNpy} from './npy.ts';
export type {NumericArray} from './npy-dtype.ts';
export {readNpz, writeNpz} from './npz.ts';
export {type ImageStack, rotateImages} from './rotate-images.ts';
export {type Rows, takeRows} from './rows.ts';
export {type Split, type SplitOptions, trainTestSplit} from './split.ts';
export {fitStandardizer, type Standardizer} from './standardize.ts';

export type {DrawsPlotOptions} from './draws/choose-scalars.ts';
export {type EcdfDifferenceOptions, ecdfDifferencePlot} from './draws/ecdf-difference-plot.ts';
export {type DrawPlace, type PairsPlotOptions, pairsPlot} from './draws/pairs-plot.ts';
export {rankPlot} from './draws/rank-plot.ts';
export {tracePlot} from './draws/trace-plot.ts';
export {type CaptionedImage, type ImageGroup, type ImageSource, imagesByCertainty} from './images.ts';
export {encodePng, type GreyImage} from './png.ts';
export {type ReportOptions, renderReport} from './report.ts';

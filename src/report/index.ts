export {type CaptionedImage, type ImageGroup, type ImageSource, imagesByCertainty} from './images.ts';
export {encodePng, type GreyImage} from './png.ts';
export {type ReportOptions, renderReport} from './report.ts';

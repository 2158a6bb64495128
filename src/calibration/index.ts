export {applyTemperature, fitTemperature} from './temperature-scaling.ts';

import {ShapeError} from '../errors.ts';
import type {ClassificationEvaluation, ClassifiedExample} from '../evaluation/index.ts';
import {escapeHtml, html, raw, type SafeHtml} from './html.ts';
import {type GreyImage, pngDataUri} from './png.ts';

/** A picture with the words under it. */
export interface CaptionedImage extends GreyImage {
  /** Said under the picture. */
  readonly caption: string;
}

/** Pictures that belong together. */
export interface ImageGroup {
  /** Heading over them. */
  readonly title: string;
  /** What to look for. */
  readonly description?: string;
  /** The pictures. */
  readonly images: readonly CaptionedImage[];
}

/** The test images of a classifier. */
export interface ImageSource {
  /** All test images one after the other, each row by row: `count * width * height` grey values. */
  readonly pixels: ArrayLike<number>;
  /** Pixels per row. */
  readonly width: number;
  /** Rows per image. */
  readonly height: number;
  /** Value shown as white; 0 is shown as black. Default 1. */
  readonly white?: number;
  /** What each label means. Default: the label's number. */
  readonly classes?: readonly string[];
}

/**
 * Picks the images of the most and least certain test examples and of the surest mistakes, with captions, for a report.
 *
 * @throws ShapeError where `pixels` does not reach up to an example of the evaluation.
 * @example
 * ```ts
 * import {evaluatePredictions, imagesByCertainty} from 'tfjs-bayes';
 * const evaluation = evaluatePredictions({probs: [[0.9, 0.1], [0.4, 0.6]], labels: [0, 0]}, {name: 'net'});
 * const [most] = imagesByCertainty(evaluation, {pixels: [0, 1, 1, 0, 1, 1, 0, 0], width: 2, height: 2});
 * console.log(most?.images[0]?.caption);   // 0 at 90%
 * ```
 */
export function imagesByCertainty(
  {name, test}: ClassificationEvaluation,
  {pixels, width, height, white = 1, classes}: ImageSource,
): ImageGroup[] {
  const word = (label: number): string => classes?.[label] ?? String(label);
  const show = ({index, label, predicted, confidence}: ClassifiedExample): CaptionedImage => {
    const start = index * width * height;
    if (start + width * height > pixels.length) {
      throw new ShapeError(
        `imagesByCertainty: expected pixels of at least ${index + 1} images of ${width} x ${height}, got ` +
          `${pixels.length} numbers. Pass the images of the whole test set, in its order.`,
      );
    }
    const percent = `${Math.floor(100 * confidence)}%`;
    return {
      width,
      height,
      pixels: Float32Array.from({length: width * height}, (_, i) => ((pixels[start + i] as number) / white) * 255),
      caption:
        label === predicted ? `${word(label)} at ${percent}` : `${word(predicted)} at ${percent}, is ${word(label)}`,
    };
  };
  const groups: ImageGroup[] = [
    {
      title: `${name}: most certain`,
      description: 'Clear cases: these should be right.',
      images: test.mostCertain.map(show),
    },
    {
      title: `${name}: least certain`,
      description: 'Cases for a person to look at: doubt should be easy to understand here.',
      images: test.leastCertain.map(show),
    },
    {
      title: `${name}: surest mistakes`,
      description: 'Wrong and sure of it: often odd inputs or labels that deserve a second look.',
      images: test.surestMistakes.map(show),
    },
  ];
  return groups.filter(({images}) => images.length > 0);
}

/** The groups as HTML, each picture inlined. */
export function imageGroupsHtml(groups: readonly ImageGroup[]): SafeHtml[] {
  return groups.map(({title, description, images}) => {
    const figures = images.map((image) => {
      const picture = raw(
        `<img src="${pngDataUri(image)}" width="${image.width}" height="${image.height}" alt="${escapeHtml(image.caption)}">`,
      );
      return html`<figure>${picture}<figcaption>${image.caption}</figcaption></figure>\n`;
    });
    const words = description === undefined ? [] : [html`<p class="hint">${description}</p>`];
    return html`<h3>${title}</h3>${words}<div class="images">${figures}</div>\n`;
  });
}

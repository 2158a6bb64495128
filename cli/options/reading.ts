import {z} from 'zod';
import type {OnRead} from '../read/batch.ts';
import {type ReadOptions, readTruths} from '../read/read-predictions.ts';
import type {OptionSpecs} from './spec.ts';

/** Options that say how files of predictions are read. */
export const readingOptions: OptionSpecs = {
  label: {value: 'NAME', about: 'column of labels or targets; default label, labels, target or targets'},
  labels: {value: 'FILE', about: 'labels or targets from a file of their own'},
  classes: {
    value: 'A,B,...',
    about: 'columns of the classes in their order, in place of p0,p1,...; labels may be these names',
  },
  scale: {value: 'SCALE', about: 'what numbers of classes are: probs (default) or logits'},
  mean: {value: 'NAME', about: 'column of means, in place of mean'},
  std: {value: 'NAME', about: 'column of standard deviations, in place of std'},
  level: {value: 'P', about: 'probability of the intervals in the columns lower and upper; default 0.9'},
  ignore: {value: 'A,B,...', about: 'columns to pass over'},
};

/** Names separated by commas. */
export const nameList = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine((names) => names.every((name) => name !== ''), 'expected names separated by commas, got an empty one');

/** A number between 0 and 1, both left out. */
export const share = z
  .string()
  .transform(Number)
  .refine((value) => value > 0 && value < 1, 'expected a number between 0 and 1');

/** A path or name. */
export const text = z.string().min(1, 'expected a value, got nothing');

/** A path that must be given. */
export const requiredFile = z.string('expected a file, got none').min(1, 'expected a file, got nothing');

/** A whole number in a range. */
export function integer(from: number, to: number) {
  const message = `expected an integer from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= from && value <= to, message);
}

/** What {@link readingOptions} may be. */
export const readingShape = {
  label: text.optional(),
  labels: text.optional(),
  classes: nameList.refine((names) => names.length > 1, 'expected two classes or more').optional(),
  scale: z.enum(['probs', 'logits'], 'expected probs or logits').optional(),
  mean: text.optional(),
  std: text.optional(),
  level: share.optional(),
  ignore: nameList.optional(),
};

type Reading = z.output<z.ZodObject<typeof readingShape>>;

/** How files are read, the truths in a file of their own included. */
export async function readOptions({label, labels, ...given}: Reading, onRead?: OnRead): Promise<ReadOptions> {
  const own = {
    ...(label === undefined ? {} : {truth: label}),
    ...(given.classes === undefined ? {} : {classes: given.classes}),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    ...options,
    ...own,
    ...(labels === undefined ? {} : {truths: await readTruths(labels, own)}),
    ...(onRead === undefined ? {} : {onRead}),
  };
}

import {z} from 'zod';
import type {OptionSpecs} from './spec.ts';

/** How results are printed. */
export type Format = 'text' | 'json' | 'markdown' | 'csv';

/** Options that choose a {@link Format}. */
export const printingOptions: OptionSpecs = {
  json: {about: 'print JSON instead of a table'},
  markdown: {about: 'print a Markdown table'},
  csv: {about: 'print comma-separated values'},
};

/** What {@link printingOptions} may be. */
export const printingShape = {
  json: z.boolean().default(false),
  markdown: z.boolean().default(false),
  csv: z.boolean().default(false),
};

/** Refuses more than one format. */
export function oneFormat({json, markdown, csv}: {json: boolean; markdown: boolean; csv: boolean}): boolean {
  return [json, markdown, csv].filter(Boolean).length <= 1;
}

/** What {@link oneFormat} says. */
export const oneFormatMessage = 'expected one of --json, --markdown and --csv, got more';

/** The format that was asked for. */
export function formatOf({json, markdown, csv}: {json: boolean; markdown: boolean; csv: boolean}): Format {
  if (json) return 'json';
  if (markdown) return 'markdown';
  return csv ? 'csv' : 'text';
}

import {checkComparable} from '../evaluation/comparison-table.ts';
import type {ClassificationEvaluation, Evaluation, RegressionEvaluation} from '../evaluation/index.ts';
import {classificationSections} from './classification-sections.ts';
import {detailsSection} from './details-section.ts';
import {doubtSection} from './doubt-section.ts';
import {html, nothing, raw, type SafeHtml} from './html.ts';
import {type ImageGroup, imageGroupsHtml} from './images.ts';
import {oodSection} from './ood-section.ts';
import {colourStyles} from './palette.ts';
import {recalibrationSection} from './recalibration-section.ts';
import {regressionSections} from './regression-sections.ts';
import {scoreTableHtml} from './score-table.ts';
import {shiftSection} from './shift-section.ts';
import {styles} from './styles.ts';
import {verdict} from './verdict.ts';

/** What goes into a report. */
export interface ReportOptions {
  /** Heading of the page. */
  readonly title: string;
  /** A sentence or two under it: which data, which models. */
  readonly description?: string;
  /** One evaluation per model; all of one kind, names distinct. */
  readonly evaluations: readonly Evaluation[];
  /** Pictures to show, as `imagesByCertainty` makes them. */
  readonly images?: readonly ImageGroup[];
  /** Remarks for the end of the page. */
  readonly notes?: readonly string[];
}

/**
 * Makes one self-contained HTML page from evaluations: what the scores say in plain words, a table of them, reliability
 * diagrams with bands, risk-coverage curves, interval calibration and fans, sparsification, shift and foreign-input plots, what
 * doubt is made of, the scores after recalibration, pictures, and a table of all further scores.
 *
 * The page holds its plots and pictures itself, runs no script, and opens without a network. It follows the reader's
 * light or dark setting. Every text from outside is escaped.
 *
 * @throws ConfigError where there is no evaluation, names repeat, or classification is mixed with regression.
 * @example
 * ```ts
 * import {evaluatePredictions, renderReport} from 'tfjs-bayes';
 * const evaluation = evaluatePredictions({probs: [[0.9, 0.1], [0.4, 0.6]], labels: [0, 0]}, {name: 'net'});
 * const page = await renderReport({title: 'How sure is my net?', evaluations: [evaluation]});
 * console.log(page.startsWith('<!doctype html>'));   // true
 * ```
 */
export async function renderReport({
  title,
  description,
  evaluations,
  images = [],
  notes = [],
}: ReportOptions): Promise<string> {
  checkComparable(evaluations, 'renderReport');
  const classifiers = evaluations.filter((e): e is ClassificationEvaluation => e.kind === 'classification');
  const regressions = evaluations.filter((e): e is RegressionEvaluation => e.kind === 'regression');
  const sections: SafeHtml[] = [
    ...(classifiers.length === 0 ? [] : await classificationSections(classifiers)),
    ...(regressions.length === 0 ? [] : await regressionSections(regressions)),
    await shiftSection(evaluations),
    await oodSection(evaluations),
    await doubtSection(evaluations),
    recalibrationSection(evaluations),
    imagesSection(images),
    detailsSection(evaluations),
    notesSection(notes),
  ];
  const lead = description === undefined ? nothing : html`<p class="lead">${description}</p>`;
  const sentences = verdict(evaluations).map((sentence) => html`<p>${sentence}</p>\n`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${raw(colourStyles())}
${raw(styles)}
</style>
</head>
<body>
<main>
<header><h1>${title}</h1>${lead}</header>
<div class="verdict">
${sentences}</div>
${scoreTableHtml(evaluations)}
${sections}<footer>Made with tfjs-bayes. This page holds everything that it shows and asks no server for anything.</footer>
</main>
</body>
</html>
`;
  return page.html;
}

function imagesSection(groups: readonly ImageGroup[]): SafeHtml {
  if (groups.length === 0) return nothing;
  return html`<section><h2>Which inputs is it sure of?</h2>
${imageGroupsHtml(groups)}</section>
`;
}

function notesSection(notes: readonly string[]): SafeHtml {
  if (notes.length === 0) return nothing;
  return html`<section><h2>Notes</h2>
${notes.map((note) => html`<p>${note}</p>\n`)}</section>
`;
}

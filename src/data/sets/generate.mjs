// Makes the modules of this folder from CSV files: node src/data/sets/generate.mjs DIRECTORY
// DIRECTORY holds wine.csv, breast-cancer.csv, diabetes.csv and digits.csv: a header, then numbers, the target last.
import {readFileSync, writeFileSync} from 'node:fs';

const directory = process.argv[2];
if (directory === undefined) {
  console.error('usage: node src/data/sets/generate.mjs DIRECTORY');
  process.exit(2);
}

const sets = {
  wine: {
    attribution: 'M. Forina et al., Wine, UCI Machine Learning Repository (1991), CC BY 4.0',
    classes: ['cultivar 1', 'cultivar 2', 'cultivar 3'],
  },
  'breast-cancer': {
    attribution:
      'W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin (Diagnostic), UCI Machine ' +
      'Learning Repository (1993), CC BY 4.0',
    classes: ['malignant', 'benign'],
  },
  diabetes: {
    attribution:
      'B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least Angle Regression, Annals of Statistics (2004)',
  },
  digits: {
    attribution:
      'E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (test part), UCI Machine Learning ' +
      'Repository (1998), CC BY 4.0',
    classes: Array.from({length: 10}, (_, k) => String(k)),
  },
};

for (const [name, {attribution, classes}] of Object.entries(sets)) {
  const csv = readFileSync(`${directory}/${name}.csv`, 'utf8').trim();
  const lines = [
    '// Made by generate.mjs.',
    '',
    '/** Whom to cite. */',
    `export const attribution =\n  ${quote(attribution)};`,
  ];
  if (classes)
    lines.push('', '/** What each label means. */', `export const classes = [${classes.map(quote).join(', ')}];`);
  if (name === 'digits') {
    const rows = csv
      .split('\n')
      .slice(1)
      .map((line) => {
        const cells = line.trim().split(',').map(Number);
        return (
          cells
            .slice(0, 64)
            .map((pixel) => pixel.toString(17))
            .join('') + cells[64]
        );
      });
    lines.push('', '/** One line per digit: 64 pixels from 0 to 16 to the base 17, then the label. */');
    lines.push(`export const rows = \`${rows.join('\n')}\`;`);
  } else {
    lines.push('', '/** Header and rows; the target is the last column. */', `export const csv = \`${csv}\`;`);
  }
  writeFileSync(new URL(`${name}.ts`, import.meta.url), `${lines.join('\n')}\n`);
}

function quote(text) {
  return `'${text.replaceAll("'", "\\'")}'`;
}

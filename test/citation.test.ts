import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';

const root = join(import.meta.dirname, '..');
const citation = readFileSync(join(root, 'CITATION.cff'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;

/** The value of a key of the outermost level. */
const field = (key: string): string | undefined => new RegExp(`^${key}: (.+)$`, 'm').exec(citation)?.[1];

describe('CITATION.cff', () => {
  it('cites the package as it is', () => {
    expect(field('cff-version')).to.equal('1.2.0');
    expect(field('title')).to.equal(manifest.name);
    expect(field('version')).to.equal(manifest.version);
    expect(field('license')).to.equal(manifest.license);
  });
});

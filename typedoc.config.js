import {readFileSync} from 'node:fs';

const {exports} = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The public names are those that the exports map leads to; one without a docstring fails the build. */
export default {
  entryPoints: Object.values(exports).flatMap((target) => target['@tfjs-bayes/source'] ?? []),
  out: 'docs/api',
  name: 'tfjs-bayes',
  tsconfig: 'tsconfig.build.json',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  gitRevision: 'main',
  disableSources: true,
  validation: {notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: true},
  requiredToBeDocumented: [
    'Enum',
    'EnumMember',
    'Variable',
    'Function',
    'Class',
    'Interface',
    'Property',
    'Method',
    'Accessor',
    'TypeAlias',
  ],
  treatWarningsAsErrors: true,
};

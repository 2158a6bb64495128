/**
 * The floors of the house, bottom up: a file imports from floors below its own and from its own room.
 * A room of several path segments (src/special) is a folder of shared code, a room of one (laplace) a family or a tool.
 */
const floors = [
  ['src/special'],
  ['src/random', 'src/linalg'],
  ['src/metrics', 'src/data', 'src/calibration'],
  ['src/backend', 'src/models'],
  ['src/predictive', 'src/priors'],
  ['src/likelihoods'],
  ['src/distributions', 'src/curvature', 'src/posterior', 'src/diagnostics', 'src/samplers'],
  ['src/io'],
  ['src/training'],
  ['layers', 'laplace', 'ensembles', 'inference'],
  ['src/evaluation'],
  ['src/report'],
  ['cli', 'playground', 'notebooks', 'bench'],
];

/** Rooms of plain numbers, for users who have no tfjs. */
const withoutTfjs = ['special', 'random', 'linalg', 'metrics', 'calibration', 'diagnostics'];

const families = floors[9];
/** The ground under every floor. */
const ground = '^src/(errors|warn)\\.ts$';
/** Lists exports: may import every room of src, and only tools may import it. */
const entry = '^src/index\\.ts$';

const inside = (rooms) => `^(${rooms.join('|')})/`;

const floorRules = floors.flatMap((rooms, level) =>
  rooms.map((room) => {
    const reachable = [...floors.slice(0, level).flat(), room].filter(
      (other) => other === room || !families.includes(other) || level === floors.length - 1,
    );
    return {
      name: `floor-of-${room.replace('src/', '')}`,
      comment: `${room} imports from the floors below it and from its own room`,
      severity: 'error',
      from: {path: inside([room])},
      to: {
        path: '^(src|layers|laplace|ensembles|inference|cli|playground|notebooks|bench|test)/',
        pathNot: [inside(reachable), ground, ...(level === floors.length - 1 ? [entry] : [])],
      },
    };
  }),
);

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'ground-imports-nothing',
      comment: 'src/errors.ts and src/warn.ts stand under every floor',
      severity: 'error',
      from: {path: ground},
      to: {path: '.'},
    },
    {
      name: 'no-family-in-src',
      comment: 'src, its index included, knows no family and no tool',
      severity: 'error',
      from: {path: '^src/'},
      to: {path: '^(layers|laplace|ensembles|inference|cli|playground|notebooks|bench|test)/'},
    },
    {
      name: 'every-room-has-a-floor',
      comment: 'a new folder of src gets its place in the list of floors',
      severity: 'error',
      from: {path: '^src/[^/]+/', pathNot: inside(floors.flat())},
      to: {},
    },
    {
      name: 'every-room-has-a-floor-when-imported',
      comment: 'a new folder of src gets its place in the list of floors',
      severity: 'error',
      from: {},
      to: {path: '^src/[^/]+/', pathNot: inside(floors.flat())},
    },
    {
      name: 'no-circle',
      comment: 'files that import each other are one file or three',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'no-tfjs-under-plain-numbers',
      comment: `${withoutTfjs.join(', ')} work without tfjs, through whatever they import`,
      severity: 'error',
      from: {path: inside(withoutTfjs.map((room) => `src/${room}`))},
      to: {path: '@tensorflow/', reachable: true},
    },
    {
      name: 'no-union-package',
      comment: '@tensorflow/tfjs pulls in every backend; import -core and -layers',
      severity: 'error',
      from: {},
      to: {path: '(^|/)@tensorflow/tfjs($|/)'},
    },
    {
      name: 'resolvable',
      comment: 'an import of our own that leads nowhere',
      severity: 'error',
      from: {},
      to: {path: '^\\.', couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tfjs-bayes/source', 'import', 'node', 'default'],
    },
  },
};

/**
 * Who may import whom. The table below is the floor plan of src/; a room that is not in it may import nothing, so a
 * new one has to be entered here first. test/house/boundaries.test.ts proves that each rule catches what it names.
 */

/** Room → the rooms it may import. `lib` holds no words of the domain, `core` no I/O; the arrows all point inwards. */
const MAY_IMPORT = {
  lib: [],
  core: ['lib'],
  api: ['core', 'lib'],
  sync: ['core', 'lib'],
  graph: ['core', 'lib'],
  store: ['embedded-postgres', 'core', 'lib'],
  'embedded-postgres': ['core', 'lib'],
  telemetry: ['core', 'lib'],
  config: ['core', 'lib'],
  runs: ['sync', 'api', 'core', 'lib'],
  jobs: ['core', 'lib'],
  engine: ['runs', 'jobs', 'sync', 'graph', 'store', 'telemetry', 'config', 'api', 'core', 'lib'],
  http: ['engine', 'api', 'core', 'lib'],
  cli: ['http', 'engine', 'store/migrate', 'store/check-migration', 'telemetry', 'config', 'api', 'core', 'lib'],
  library: ['engine', 'config', 'api', 'core', 'lib'],
  index: ['library', 'engine', 'config', 'api', 'core', 'lib'],
};

/** Exempt from the floor plan, and closed to the program. */
const TESTS = String.raw`\.test\.ts$`;

/** @param {readonly string[]} names of rooms: a folder, or a file at the top of src/ */
const rooms = (names) => `^src/(?:${names.join('|')})(?:/|\\.ts$)`;

const roomRules = Object.entries(MAY_IMPORT).map(([room, others]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import ${others.length === 0 ? 'no other room' : `only ${others.join(', ')}`}.`,
  severity: /** @type {const} */ ('error'),
  from: { path: rooms([room]), pathNot: TESTS },
  to: { path: '^src/', pathNot: rooms([room, ...others]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    {
      name: 'room-unknown',
      comment: 'A new room is entered in the floor plan (this file) before it imports anything.',
      severity: 'error',
      from: { path: '^src/', pathNot: [rooms(Object.keys(MAY_IMPORT)), TESTS] },
      to: {},
    },
    {
      name: 'simulator-by-itself',
      comment:
        'The simulator shares no code with the client but src/lib, so that one misreading cannot pass both sides.',
      severity: 'error',
      from: { path: '^simulator/', pathNot: TESTS },
      to: { path: '^src/', pathNot: '^src/lib/' },
    },
    {
      name: 'simulator-for-the-command-line',
      comment: 'Of the program only the command line starts the simulator.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', TESTS] },
      to: { path: '^simulator/' },
    },
    {
      name: 'room-dashboard',
      comment: 'The dashboard knows the server by the types of its requests and answers, nothing else.',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^src/', pathNot: '^src/api/' },
    },
    {
      name: 'dashboard-types-only',
      comment: 'The dashboard imports types: no code of the server reaches the browser.',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^src/api/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'Files do not import each other in a circle, not even for types: say what depends on what.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'driver-only-in-store',
      comment: 'Only src/store talks to PostgreSQL, and src/embedded-postgres to see whether it is there.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(?:store|embedded-postgres)/', TESTS] },
      to: { path: '(?:^|/)node_modules/(?:@types/)?(?:pg|pg-[^/]+|postgres|embedded-postgres)/', pathNot: '/pg-boss/' },
    },
    {
      name: 'pure-heart',
      comment: 'src/core and src/sync are arithmetic on plain data: no package, nothing of Node. Ports bring the rest.',
      severity: 'error',
      from: { path: '^src/(?:core|sync)/', pathNot: TESTS },
      to: { pathNot: '^src/' },
    },
    {
      name: 'only-zod-in-api',
      comment: 'src/api describes and shows values: users of the library load nothing of HTTP with its types.',
      severity: 'error',
      from: { path: '^src/api/', pathNot: TESTS },
      to: { pathNot: ['^src/', '(?:^|/)node_modules/zod/'] },
    },
    {
      name: 'no-package-in-lib',
      comment: 'src/lib is small enough to need no package.',
      severity: 'error',
      from: { path: '^src/lib/', pathNot: TESTS },
      to: { path: 'node_modules/' },
    },
    {
      name: 'no-test-in-src',
      comment: 'The program does not import what only tests, benchmarks and tooling need: that is not published.',
      severity: 'error',
      from: { path: '^(?:src|simulator)/', pathNot: TESTS },
      to: { path: ['^(?:test|bench|scripts|examples|dashboard)/', TESTS] },
    },
    {
      name: 'no-undeclared-package',
      comment: 'A package that is imported stands in package.json.',
      severity: 'error',
      from: { path: '^(?:src|simulator|test|bench|scripts|bin|dashboard)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-package-in-src',
      comment: 'What the program imports is in `dependencies`, or it is missing for those who install it.',
      severity: 'error',
      from: { path: '^(?:src|simulator)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-missing-file',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    // Without it imports of types, which vanish on compiling, would not count.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

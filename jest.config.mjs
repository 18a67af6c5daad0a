import { availableParallelism } from 'node:os';

// Projects, so that `npm run check` is quick: no guest, no real provider, no whole reports drawn.
const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // d3, Plot, what linkedom needs, and a few others ship as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(d3|d3-.*|@observablehq/plot|internmap|delaunator|robust-predicates|isoformat|interval-tree-1d|binary-search-bounds|zx|linkedom|cssomnom|css-select|css-what|dom-serializer|domelementtype|domhandler|domutils|entities|htmlparser2|nth-check|boolbase|uhyphen)/)',
  ],
  moduleNameMapper: { '^@cdktf/provider-proxmox/(.*)$': '<rootDir>/.gen/providers/proxmox/$1' },
};

export default {
  // One more than there are processors, as tests wait for programs that they start.
  maxWorkers: Math.min(8, availableParallelism() + 1),
  // A machine that emulates guests at the same time is slow; no test asserts a time. (jest passes it over in a project.)
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'fast',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/e2e/',
        '<rootDir>/test/guest/',
        '<rootDir>/test/ground-truth/',
        '<rootDir>/test/contract/',
        '<rootDir>/test/faults/',
        '<rootDir>/test/measure/report/',
        '<rootDir>/test/measure/bundle/',
        '<rootDir>/test/measure/watch-page/',
        '<rootDir>/test/local-node/page/browser/',
      ],
    },
    { ...common, displayName: 'contract', testMatch: ['<rootDir>/test/{contract,faults}/**/*.test.ts'] },
    { ...common, displayName: 'report', testMatch: ['<rootDir>/test/measure/{report,bundle}/**/*.test.ts'] },
    {
      ...common,
      displayName: 'page',
      testMatch: ['<rootDir>/test/{local-node/page/browser,measure/watch-page}/**/*.test.ts'],
    },
    { ...common, displayName: 'ground-truth', testMatch: ['<rootDir>/test/ground-truth/**/*.test.ts'] },
    { ...common, displayName: 'guest', testMatch: ['<rootDir>/test/guest/**/*.test.ts'] },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
  ],
};

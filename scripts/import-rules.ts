/**
 * The house's import order and the one-room-per-package rule (docs/architecture.md), as a lint rule that fails CI.
 * Floors, top to bottom; a room may import its own floor and every floor below it, never one above.
 */
const floors = [
  ['index', 'cli', 'installed', 'cli/'],
  ['desktop/', 'headless/'],
  ['companion'],
  ['control/'],
  ['bridge/', 'wiring/'],
  ['runtime/'],
  ['policy/', 'oauth/', 'audit/'],
  ['identity/', 'servers/', 'updates/', 'vault/'],
  ['net/', 'store/'],
]

/** Everybody may use these: they import nothing of ours but each other. */
const ground = [
  'errors',
  'error-codes',
  'events',
  'heap',
  'layout',
  'ports',
  'version',
  'visible',
  'detector/',
]

const room = (name: string) => (name.endsWith('/') ? `main/${name}` : `main/${name}\\.ts$`)
const anyOf = (names: string[]) => `^(?:${names.map(room).join('|')})`

const upward = floors.slice(1).map((floor, index) => ({
  name: `no-upward-import-from-${floor.join('-').replaceAll('/', '')}`,
  severity: 'error',
  comment:
    'Imports run one way. What a lower room must tell a higher one is a typed event that companion.ts wires.',
  from: { path: anyOf(floor) },
  to: { path: anyOf(floors.slice(0, index + 1).flat()) },
}))

/** package → the only places that may import it at run time */
const packageRooms: Record<string, string[]> = {
  electron: ['^main/desktop/', '^main/index\\.ts$', '^preload/(?:preload|vault)\\.ts$'],
  keytar: ['^main/vault/keychain-helper\\.ts$'],
  oauth4webapi: ['^main/oauth/'],
  '@modelcontextprotocol/core': ['^main/bridge/'],
  undici: ['^main/net/'],
  'ipaddr.js': ['^main/net/'],
  'jsonc-parser': ['^main/store/'],
  'toml-eslint-parser': ['^main/wiring/formats/'],
  yaml: ['^main/wiring/formats/'],
  commander: ['^main/cli/'],
  'eventsource-parser': ['^main/bridge/', '^main/cli/', '^renderer/'],
  react: ['^renderer/'],
  'react-dom': ['^renderer/'],
  '@tanstack/react-query': ['^renderer/'],
  '@tanstack/react-virtual': ['^renderer/'],
  '@base-ui/react': ['^renderer/'],
  'lucide-react': ['^renderer/parts/icon\\.tsx$'],
  'd3-scale': ['^renderer/parts/'],
  'd3-shape': ['^renderer/parts/'],
}

const oneRoom = Object.entries(packageRooms).map(([name, places]) => ({
  name: `one-room-for-${name.replaceAll(/[@/.]/g, '-')}`,
  severity: 'error',
  comment: `${name} has one room, so that it can be replaced there.`,
  from: { path: '^(?:main|preload|renderer)/', pathNot: places },
  to: {
    path: `(?:^|/)node_modules/${name.replaceAll('.', '\\.')}/|^${name.replaceAll('.', '\\.')}$`,
    dependencyTypesNot: ['type-only'],
  },
}))

export const forbidden = [
  { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ...upward,
  ...oneRoom,
  {
    name: 'ground-imports-nothing',
    severity: 'error',
    from: { path: anyOf(ground) },
    to: { path: '^(?:main|preload|renderer)/', pathNot: anyOf(ground) },
  },
  {
    name: 'shim-imports-nothing',
    severity: 'error',
    comment:
      'The shim is bundled into one file that any Node can run: no dependency, no other room.',
    from: { path: '^main/shim/' },
    to: { path: '.', pathNot: ['^main/shim/'], dependencyTypesNot: ['core'] },
  },
  {
    name: 'contract-imports-zod-only',
    severity: 'error',
    from: { path: '^preload/contract/' },
    to: { pathNot: ['^preload/contract/', 'node_modules/zod/'] },
  },
  {
    name: 'contract-is-for-the-top',
    severity: 'error',
    comment: 'Lower rooms never see the contract; control maps between the two.',
    from: { path: anyOf(floors.slice(4).flat()) },
    to: { path: '^preload/' },
  },
  {
    name: 'renderer-talks-through-the-contract',
    severity: 'error',
    from: { path: '^renderer/' },
    to: { path: '^main/' },
  },
  {
    name: 'only-serve-loads-the-companion',
    severity: 'error',
    comment: 'Every other verb speaks the contract over control.sock.',
    from: { path: '^main/cli', pathNot: '^main/cli/serve\\.ts$' },
    to: { path: '^main/(?:companion\\.ts$|headless/)' },
  },
  {
    name: 'product-needs-no-development-package',
    severity: 'error',
    comment: 'What main loads at run time is installed and packaged only as a dependency proper.',
    from: { path: '^main/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
      pathNot: '(?:^|/)node_modules/electron/',
    },
  },
  {
    name: 'product-does-not-import-tests',
    severity: 'error',
    from: { path: '^(?:main|preload|renderer)/' },
    to: { path: '^(?:test|scripts)/' },
  },
]

export const options = {
  doNotFollow: { path: 'node_modules' },
  parser: 'swc',
  tsPreCompilationDeps: true,
  tsConfig: { fileName: 'tsconfig.json' },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'node', 'default', 'types'],
  },
}

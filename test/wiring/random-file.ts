import type { WiringClient } from '../../main/wiring/types.ts'
import { type Random, randomJson } from '../bridge/random-json.ts'

const names = ['a', 'github', 'ä-ö', 'with space', '__proto__', 'warder2', 'constructor', 'x.y']

const tomlNames = names.filter((name) => name !== '__proto__')

/** The text of a file as a client or a person may have written it: valid, and oddly laid out. */
export function randomFile(random: Random, client: WiringClient): string {
  const text = writers[client.format](random, client.servers[0] ?? '')
  const broken = random.pick(['\n', '\n', '\r\n'])
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\n', broken)
  const end = random.below(4) === 0 ? lines.replace(/[\r\n]+$/, '') : lines
  return (random.below(8) === 0 ? '\uFEFF' : '') + end
}

const writers = {
  json: (random: Random, servers: string) => jsonFile(random, servers, false),
  jsonc: (random: Random, servers: string) => jsonFile(random, servers, true),
  toml: tomlFile,
  yaml: yamlFile,
}

function some<T>(random: Random, make: (name: string) => T, of = names): T[] {
  const taken = of.filter(() => random.below(3) === 0)
  return taken.map(make)
}

function jsonFile(random: Random, servers: string, lenient: boolean): string {
  const indent = random.pick([null, 2, 4, '\t'])
  const step = typeof indent === 'number' ? ' '.repeat(indent) : (indent ?? '')
  const eol = indent === null ? '' : '\n'
  const comment = () =>
    lenient && eol !== '' && random.below(3) === 0 ? ` // it's {"a": 1}, ` : ''
  const comma = () => (lenient && random.below(3) === 0 ? ',' : '')
  const object = (members: string[], depth: number): string => {
    const pad = eol + step.repeat(depth)
    if (members.length === 0) return random.pick(['{}', lenient ? '{ /* none */ }' : '{ }'])
    const body = members.map((member, index) => {
      const last = index === members.length - 1
      return pad + step + member + (last ? comma() : ',') + comment()
    })
    return `{${body.join('')}${eol === '' ? '' : pad}}`
  }
  const server = (name: string) =>
    `${JSON.stringify(name)}:${random.pick(['', ' '])}${random.below(2) === 0 ? JSON.stringify({ command: 'npx', args: [name], env: { TOKEN: 'x' } }) : inLine(randomJson(random, 2))}`
  const container =
    random.below(4) === 0 ? [] : [`${JSON.stringify(servers)}: ${object(some(random, server), 1)}`]
  const others = some(
    random,
    (name) => `${JSON.stringify(`o-${name}`)}: ${inLine(randomJson(random, 2))}`,
  )
  const members = random.pick([
    [...others, ...container],
    [...container, ...others],
  ])
  return `${object(members, 0)}${random.pick(['', '\n', '\n\n'])}`
}

const inLine = (json: string) => json.replaceAll(/[\r\n]/g, ' ')

/** Without a table `__proto__`: such a file is refused. */
function tomlFile(random: Random, servers: string): string {
  const quoted = (name: string) => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name))
  const comment = () => random.pick(['', '', ' # it = "a" [b]'])
  const scalars = some(
    random,
    (name) =>
      `${quoted(name)} = ${random.pick(['1', '"x\\n"', "'''\n[a]\nb = 1\n'''", '1979-05-27T07:32:00Z', '[1,\n 2, # two\n]', '{ a = 1 }', 'nan'])}${comment()}`,
    tomlNames,
  )
  const table = (name: string) => [
    `${random.pick(['', '', '\n', '# mine\n'])}[${servers}.${quoted(name)}]${comment()}`,
    `command = ${random.pick(['"npx"', "'npx'", '"""\nnpx"""'])}${comment()}`,
    ...(random.below(2) === 0 ? [`[${servers}.${quoted(name)}.env]`, 'KEY = "value"'] : []),
  ]
  const inline = () => [
    `${servers} = { ${some(random, (name) => `${quoted(name)} = { command = "x" }`, tomlNames).join(', ')} }`,
  ]
  const lists = random.below(3) === 0 ? ['[[profiles]]', 'a = 1', '[[profiles]]', 'a = 2'] : []
  if (random.below(6) === 0) return `${[...scalars, ...inline(), '[z]', ...lists].join('\n')}\n`
  const dotted = (name: string) => [
    `${servers}.${quoted(name)}.command = "npx"${comment()}`,
    `${servers}.${quoted(name)}.env.KEY\t= 'value'`,
  ]
  if (random.below(6) === 0)
    return [...scalars, ...some(random, dotted, tomlNames).flat(), '[z]', ...lists].join('\n')
  const tables = some(random, table, tomlNames).flat()
  const bare = random.below(4) === 0 ? [`[${servers}]`] : []
  return (
    [...scalars, ...bare, ...tables, '[z]', 'q = 1', ...lists].join('\n') +
    random.pick(['', '\n', '\n\n'])
  )
}

function yamlFile(random: Random, servers: string): string {
  const quoted = (name: string) => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name))
  const comment = () => random.pick(['', '', ' # a: b'])
  const others = (prefix: string) =>
    some(random, (name) =>
      [
        `${quoted(prefix + name)}: ${random.pick(['1', '"x"', '[a, b]', '{a: 1}', '2020-01-01', '|\n  text: of\n  lines', '>-\n  folded\n  text', '\n  - a\n  - b'])}${''}`,
      ].join('\n'),
    )
  const indent = random.pick(['  ', '    ', ' '])
  const server = (name: string) =>
    [
      ...(random.below(3) === 0 ? [`${indent}# about ${name}`] : []),
      `${indent}${quoted(name)}:${random.pick(['', '', '\t', ' &it'])}${comment()}`,
      `${indent}  type: stdio${comment()}`,
      ...(random.below(4) === 0 ? [`${indent}  timeout: *shared`] : []),
      `${indent}  cmd: npx`,
      ...(random.below(2) === 0 ? [`${indent}  args:`, `${indent}  - a`, `${indent}  - "b"`] : []),
      ...(random.below(3) === 0
        ? [`${indent}  description: |`, `${indent}    a`, `${indent}    b: c`]
        : []),
    ].join('\n')
  const members = some(random, server)
  const container = random.pick([
    [],
    [`${servers}: {}`],
    [`${servers}: { ${some(random, (name) => `${quoted(name)}: {cmd: x}`).join(', ')} }`],
    [
      members.length === 0
        ? `${servers}:${comment()}`
        : `${servers}:${comment()}\n${members.join('\n')}`,
    ],
    [members.length === 0 ? `${servers}:` : `${servers}:\n${members.join('\n\n')}`],
  ])
  const lines = ['shared: &shared 9', ...others('p-'), ...container, ...others('q-')]
  return `${random.pick(['', '', '---\n', '# top\n'])}${lines.join('\n')}${lines.length > 0 ? random.pick(['', '\n', '\n\n', '\n# end\n']) : ''}`
}

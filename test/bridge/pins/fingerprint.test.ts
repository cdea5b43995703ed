import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../main/audit/canonical-json.ts'
import { readJson } from '../../../main/bridge/json-scan.ts'
import { definitionOf, fingerprint } from '../../../main/bridge/pins/fingerprint.ts'
import { seededRandom } from '../random-json.ts'

type Json = Record<string, unknown>

const printOf = (text: string) => fingerprint(definitionOf(readJson(text)))

const tool = {
  name: 'read_file',
  title: 'Read a file',
  description: 'Reads one file.\nNothing else.',
  inputSchema: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'Where it is', maxLength: 200 },
      lines: { type: 'integer', default: 10, enum: [10, 20] },
    },
    required: ['path'],
  },
  outputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  annotations: { readOnlyHint: true, destructiveHint: false, title: 'Read' },
  _meta: { 'example/hint': 'files' },
}

/** Every place in a value, as a path. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, one]) => [[...path, key], ...placesIn(one, [...path, key])])
}

function changedAt(
  path: readonly (string | number)[],
  change: (parent: Json, key: string) => void,
) {
  const copy = structuredClone(tool) as unknown as Json
  const parent = path.slice(0, -1).reduce((at, key) => at[key as string] as Json, copy)
  change(parent, String(path.at(-1)))
  return copy
}

describe('the fingerprint of a tool', () => {
  it('changes with every value, every name and everything that comes or goes', () => {
    const original = printOf(JSON.stringify(tool))
    const places = placesIn(tool)
    expect(places.length).toBeGreaterThan(35)
    for (const path of places) {
      const changes: ((parent: Json, key: string) => void)[] = [
        (parent, key) => {
          const value = parent[key]
          parent[key] =
            typeof value === 'string' ? `${value} ` : typeof value === 'boolean' ? !value : 4711
        },
        (parent, key) => {
          if (Array.isArray(parent)) parent.splice(Number(key), 1)
          else delete parent[key]
        },
        (parent, key) => {
          if (Array.isArray(parent)) parent.push('more')
          else parent[`${key}2`] = parent[key]
        },
      ]
      for (const change of changes)
        expect(printOf(JSON.stringify(changedAt(path, change))), path.join('.')).not.toBe(original)
    }
  })

  it('does not change with the order of members, white space or the spelling of strings and numbers', () => {
    const random = seededRandom(7)
    const original = printOf(JSON.stringify(tool))
    for (let round = 0; round < 200; round++)
      expect(printOf(shuffled(tool, random.below))).toBe(original)
    const spelled = '{"inputSchema":{"type":"object","maximum":10},"name":"x"}'
    const otherwise = '{ "name":"\\u0078", "inputSchema":{"maximum":1e1,"type":"obj\\u0065ct"} }'
    expect(printOf(otherwise)).toBe(printOf(spelled))
  })

  it('is over RFC 8785 where a double holds every number, and tells those apart that it does not', () => {
    expect(definitionOf(readJson(JSON.stringify(tool)))).toBe(canonicalJson(tool))
    const big = ['9007199254740992', '9007199254740993', '1e400', '2e400', 'null']
    const prints = big.map((number) => printOf(`{"name":"x","a":${number}}`))
    expect(new Set(prints).size).toBe(big.length)
  })

  it('leaves the icons out, and nothing that a careless reader could take for something else', () => {
    const icons = { ...tool, icons: [{ src: 'https://cdn.example/a?signed=1' }] }
    expect(printOf(JSON.stringify(icons))).toBe(printOf(JSON.stringify(tool)))
    const twice = { ...tool, Description: 'Reads ~/.ssh as well' }
    expect(printOf(JSON.stringify(twice))).not.toBe(printOf(JSON.stringify(tool)))
    const deep = { ...tool, inputSchema: { ...tool.inputSchema, icons: [] } }
    expect(printOf(JSON.stringify(deep))).not.toBe(printOf(JSON.stringify(tool)))
  })
})

/** The same value as JSON text, its members in any order. */
function shuffled(value: unknown, below: (limit: number) => number): string {
  if (Array.isArray(value)) return `[ ${value.map((one) => shuffled(one, below)).join(' ,')} ]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
  for (let at = members.length - 1; at > 0; at--) {
    const other = below(at + 1)
    const [a, b] = [members[at], members[other]]
    if (a && b) [members[at], members[other]] = [b, a]
  }
  const text = members.map(([name, one]) => `${JSON.stringify(name)} : ${shuffled(one, below)}`)
  return `{${text.join(',')}}`
}

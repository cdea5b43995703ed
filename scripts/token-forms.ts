/**
 * `node scripts/token-forms.ts gitleaks.toml`: makes `main/detector/token-forms.ts` of the rules of gitleaks (MIT). Its
 * expressions are written for an engine that never goes back; ours would. So only rules that are a fixed beginning and then
 * runs of characters become data, read by a matcher that is linear by its making; the rest looks for names beside values,
 * which `main/detector/assignments.ts` does for all names at once.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { FormPart, TokenForm } from '../main/detector/match-forms.ts'

/** Runs without an end are cut off there; nothing that anybody issues is as long. */
const MOST = 4096

const EDGES = [
  '(?:[\\x60\'"\\s;]|\\\\[nr]|$|\\b)',
  '(?:[\\x60\'"\\s;]|\\\\[nr]|$)',
  '(?:[^\\w-]|\\z)',
  '(?:[^a-zA-Z0-9+/]|\\z)',
  '\\b',
]

function escaped(one: string): string {
  return one.replace(/[\\\]^-]/, '\\$&')
}

const [file = ''] = process.argv.slice(2)
const rules = rulesOf(readFileSync(file, 'utf8'))
const forms: TokenForm[] = []
const left: string[] = []
for (const { id, regex } of rules) {
  // Published by their owners on purpose.
  if (id.includes('public')) continue
  const made = formsOf(regex)
  if (made === null) left.push(id)
  else for (const parts of made) forms.push([id, ...parts])
}
const out = path.join(import.meta.dirname, '../main/detector/token-forms.ts')
writeFileSync(out, module(forms))
console.log(`${rules.length} rules: ${rules.length - left.length} became ${forms.length} forms.`)
console.log(`Left out: ${left.join(', ')}`)

function module(all: readonly TokenForm[]): string {
  return `import type { TokenForm } from './match-forms.ts'

/**
 * Made by \`node scripts/token-forms.ts\` from the rules of gitleaks; do not edit. What is missing there is in own-forms.ts.
 *
 * gitleaks: Copyright (c) 2019 Zachary Rice, MIT License. Permission is hereby granted, free of charge, to any person
 * obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without
 * restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
 * and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
 * following conditions: The above copyright notice and this permission notice shall be included in all copies or
 * substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
 * INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
 * NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
 * OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
 * THE SOFTWARE.
 */
// biome-ignore format: one form a line
export const tokenForms: readonly TokenForm[] = [
${all.map((form) => `  ${inQuotes(form)},`).join('\n')}
]
`
}

function inQuotes(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inQuotes).join(', ')}]`
  return typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : String(value)
}

/** Of the file, what is needed of it: `id` and `regex` of every rule. */
function rulesOf(toml: string): { id: string; regex: string }[] {
  return toml
    .split(/^\[\[rules\]\]$/m)
    .slice(1)
    .flatMap((block) => {
      const id = /^id = "(.+)"$/m.exec(block)?.[1]
      const regex = /^regex = '''(.+)'''$/m.exec(block)?.[1]
      return id === undefined || regex === undefined ? [] : [{ id, regex }]
    })
}

/** @returns null where the rule is not of that kind */
function formsOf(regex: string): FormPart[][] | null {
  try {
    const made = parse(regex).map(joined).map(withoutEdges)
    return made.every(isForm) ? made : null
  } catch {
    return null
  }
}

/** A form begins with at least three fixed characters, and no run can eat what comes after it. */
function isForm(parts: readonly FormPart[]): boolean {
  const [first] = parts
  if (typeof first !== 'string' || first.length < 3 || !/\w{2}|\w[-_.]/.test(first)) return false
  return parts.every((part, index) => {
    if (typeof part === 'string') return true
    const [characters, least, most] = part
    const next = parts[index + 1]
    if (next === undefined || least === most) return true
    const members = new RegExp(`[${characters}]`)
    if (typeof next === 'string') return !members.test(next.charAt(0))
    for (let code = 0; code < 128; code++) {
      const one = String.fromCharCode(code)
      if (members.test(one) && new RegExp(`[${next[0]}]`).test(one)) return false
    }
    return true
  })
}

function joined(parts: readonly FormPart[]): FormPart[] {
  const all: FormPart[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (typeof part === 'string' && typeof last === 'string') all[all.length - 1] = last + part
    else all.push(part)
  }
  return all
}

/** Edges are the matcher's business, alike for all. */
function withoutEdges(parts: readonly FormPart[]): FormPart[] {
  return parts.filter((part) => part !== '')
}

/** Alternatives are written out, so that a form has none. */
function parse(regex: string): FormPart[][] {
  let at = 0
  let anyCase = false
  const all = alternatives()
  if (at < regex.length) throw new Error('left over')
  return all

  function alternatives(): FormPart[][] {
    const outside = anyCase
    const found = [sequence()]
    while (regex[at] === '|') {
      at++
      anyCase = outside
      found.push(sequence())
    }
    return found.flat()
  }

  function sequence(): FormPart[][] {
    let made: FormPart[][] = [[]]
    while (at < regex.length && regex[at] !== '|' && regex[at] !== ')') {
      const next = repeated(atom())
      made = made.flatMap((before) => next.map((after) => [...before, ...after]))
      if (made.length > 64) throw new Error('too many')
    }
    return made
  }

  function repeated(unit: FormPart[][]): FormPart[][] {
    const match = /^(?:[?*+]|\{\d+(?:,\d*)?\})\??/.exec(regex.slice(at))?.[0]
    if (match === undefined) return unit
    at += match.length
    const bounds = /\{(\d+)(,?)(\d*)\}/.exec(match)
    const simple = { '?': [0, 1], '*': [0, MOST], '+': [1, MOST] }[match.charAt(0)]
    const least = Number(bounds?.[1] ?? simple?.[0])
    const most = bounds
      ? bounds[2] === ''
        ? least
        : Number(bounds[3] || MOST)
      : Number(simple?.[1])
    const [only, ...others] = unit
    const [single, ...more] = only ?? []
    if (others.length === 0 && more.length === 0 && Array.isArray(single))
      return [[[single[0], single[1] * least, single[2] * most]]]
    if (
      others.length === 0 &&
      more.length === 0 &&
      typeof single === 'string' &&
      single.length === 1
    )
      return least === most ? [[single.repeat(least)]] : [[[escaped(single), least, most]]]
    if (least === 0 && most === 1) return [...unit, [[] as FormPart[]].flat() as FormPart[]]
    if (least === most && others.length === 0)
      return [Array.from({ length: least }, () => only ?? []).flat()]
    throw new Error('cannot repeat')
  }

  function atom(): FormPart[][] {
    const rest = regex.slice(at)
    const edge = EDGES.find((one) => rest.startsWith(one))
    if (edge !== undefined) return step(edge.length, [[]])
    if (rest.startsWith('(?i)')) return flag(4, true)
    if (rest.startsWith('(?-i)')) return flag(5, false)
    if (rest.startsWith('(')) return group()
    if (rest.startsWith('[')) return set()
    if (rest.startsWith('\\')) return afterBackslash()
    if (/^[.^$]/.test(rest)) throw new Error('not a form')
    return step(1, [[rest.charAt(0)]])
  }

  function group(): FormPart[][] {
    const outside = anyCase
    const head = /^\((?:\?:|\?i:|\?-i:)?/.exec(regex.slice(at))?.[0] ?? ''
    if (head === '(' && regex[at + 1] === '?') throw new Error('not a form')
    at += head.length
    if (head === '(?i:') anyCase = true
    if (head === '(?-i:') anyCase = false
    const inner = alternatives()
    if (regex[at] !== ')') throw new Error('not closed')
    at++
    anyCase = outside
    return inner
  }

  function set(): FormPart[][] {
    const end = regex.indexOf(']', regex.startsWith('[[:', at) ? regex.indexOf(':]', at) + 2 : at)
    const written = regex.slice(at + 1, end)
    if (written.startsWith('^')) throw new Error('not a form')
    const characters = written
      .replace('[:alnum:]', 'A-Za-z0-9')
      .replaceAll('\\x60', '`')
      .replaceAll('/', '\\/')
      .replaceAll('\\\\/', '\\/')
    return step(end + 1 - at, [[[cased(characters), 1, 1]]])
  }

  function cased(characters: string): string {
    if (!anyCase) return characters
    if (/a-z/.test(characters) && /A-Z/.test(characters)) return characters
    const upper = characters.replace(/a-([a-z])/, (_, last) => `A-${last.toUpperCase()}`)
    if (upper !== characters) return `${/A-[A-Z]/.exec(upper)?.[0]}${characters}`
    const lower = characters.replace(/A-([A-Z])/, (_, last) => `a-${last.toLowerCase()}`)
    return lower === characters
      ? characters.replace('abcdef', 'a-fA-F')
      : `${/a-[a-z]/.exec(lower)?.[0]}${characters}`
  }

  function afterBackslash(): FormPart[][] {
    const one = regex.charAt(at + 1)
    if (one === 'd') return step(2, [[['0-9', 1, 1]]])
    if (one === 'w') return step(2, [[['\\w', 1, 1]]])
    if (/[a-zA-Z]/.test(one)) throw new Error('not a form')
    return step(2, [[one]])
  }

  function step<T>(length: number, value: T): T {
    at += length
    return value
  }

  function flag(length: number, to: boolean): FormPart[][] {
    anyCase = to
    return step(length, [[]])
  }
}

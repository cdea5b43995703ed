import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import path from 'node:path'

// What a file that is to be run says of itself, read anew each time: links are moved, and packages replaced.

/** The version that a script belongs to, where it came in a package. */
export function packageAround(file: string | undefined): {
  package?: { name: string; version: string }
} {
  if (file === undefined) return {}
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const { name, version } = manifestOf(folder) ?? {}
    if (typeof name === 'string' && typeof version === 'string')
      return { package: { name, version } }
    if (folder === path.dirname(folder)) return {}
  }
}

/** What `#!` names: an absolute path, or the word that env looks up. */
export function shebang(file: string): string | null {
  const first = Buffer.alloc(256)
  const descriptor = openSync(file, 'r')
  let length = 0
  try {
    length = readSync(descriptor, first)
  } finally {
    closeSync(descriptor)
  }
  const text = first.toString('latin1', 0, length)
  const [, program, word] = /^#![ \t]*(\S+)(?:[ \t]+(?:-S[ \t]+)?([^\s=-]\S*))?/.exec(text) ?? []
  if (program === undefined) return null
  return path.posix.basename(program) === 'env' && word !== undefined ? word : program
}

/**
 * Without its ending, or a folder with an index. Node's own resolver remembers its answers, and would give the one of
 * before a link was moved.
 */
export function asNodeReads(file: string): string | null {
  if (isDirectory(file)) {
    const main = manifestOf(file)?.main
    const named = typeof main === 'string' ? asNodeReads(path.resolve(file, main)) : null
    return named ?? asNodeReads(path.join(file, 'index'))
  }
  return ['', '.js', '.json', '.node'].map((ending) => file + ending).find(exists) ?? null
}

function manifestOf(folder: string): Record<string, unknown> | null {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return typeof manifest === 'object' ? (manifest as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}

export const exists = (file: string) => statSync(file, { throwIfNoEntry: false }) !== undefined
export const isDirectory = (folder: string) =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Clients that people have, as their makers publish them. */
export type ClientProgram = 'claude' | 'codex' | 'gemini'

const folder = import.meta.dirname

/** Their packages are installed without scripts, so Claude Code is started by what it has for that. */
const programs: Record<ClientProgram, readonly string[]> = {
  claude: [process.execPath, inside('@anthropic-ai/claude-code/cli-wrapper.cjs')],
  codex: [process.execPath, inside('@openai/codex/bin/codex.js')],
  gemini: [process.execPath, inside('@google/gemini-cli/bundle/gemini.js')],
}

function inside(file: string): string {
  return path.join(folder, 'node_modules', file)
}

/** What starts it: a program and its first arguments. */
export function clientProgram(name: ClientProgram): readonly [string, ...string[]] {
  const [command = '', ...args] = programs[name]
  return [command, ...args]
}

/** Why they cannot be started here; undefined where they can. */
export function clientProgramsMissing(): string | undefined {
  const installed = inside('installed-lock.json')
  const lock = path.join(folder, 'package-lock.json')
  const isThere = existsSync(installed) && read(installed) === read(lock)
  return isThere
    ? undefined
    : 'claude, codex and gemini are not installed: npm run test:long does it'
}

const read = (file: string) => readFileSync(file, 'utf8')

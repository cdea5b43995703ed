import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { type FoundCommand, findCommand } from '../../runtime/command.ts'
import { interpreterOf, scriptsOf } from '../../runtime/interpreters.ts'
import { isElsewhere } from '../elsewhere.ts'
import type { ClientId, ConfiguredServer, Where } from '../types.ts'
import { isObject } from '../values.ts'
import { aboutServer, type Finding, finding } from './finding.ts'

/** Servers that a client cannot start, as far as that can be told without starting anything. */
export async function startFindings(server: ConfiguredServer, where: Where): Promise<Finding[]> {
  if (!server.enabled) return []
  if (server.command !== null) return await programFindings(server, server.command, where)
  if (server.url === null) return [finding('doctor.never_started', aboutServer(server))]
  return server.client === 'claude-desktop'
    ? [
        finding(
          'doctor.never_started',
          aboutServer(server),
          'URL',
          'Claude Desktop passes over entries with a URL: it starts programs only.',
        ),
      ]
    : urlFindings(server, server.url)
}

async function programFindings(
  server: ConfiguredServer,
  written: string,
  where: Where,
): Promise<Finding[]> {
  const command = hereOnly(expanded(written, where), where)
  const about = aboutServer(server)
  const folder = textMember(server.raw, 'cwd')
  const cwd = folder === null ? null : hereOnly(expanded(folder, where), where)
  const envFile = textMember(server.raw, 'envFile')
  const file = envFile === null ? null : hereOnly(expanded(envFile, where), where)
  const found: Finding[] = []
  if (cwd !== null && path.isAbsolute(cwd) && !isFolder(cwd))
    found.push(finding('doctor.folder_missing', about, 'cwd'))
  if (file !== null && path.isAbsolute(file) && !existsSync(file))
    found.push(finding('doctor.env_file_missing', about, 'envFile'))
  if (command === null) return found
  const search = {
    path: server.env.PATH ?? where.env.PATH ?? where.env.Path,
    cwd: cwd ?? where.folder,
    pathExt: where.env.PATHEXT,
    platform: where.platform,
  }
  const program = await findCommand(command, search)
  if (program.file === undefined)
    return [...found, finding('doctor.program_missing', about, 'command')]
  if (isHidden(server, command, program, where))
    found.push(finding('doctor.program_hidden_from_apps', about, 'command'))
  const interpreter = interpreterOf(command)
  const scripts = interpreter === null ? [] : scriptsOf(interpreter, server.args)
  const missing = scripts
    .map((script) => hereOnly(expanded(script, where), where))
    .find((script) => script !== null && path.isAbsolute(script) && !existsSync(script))
  if (missing !== undefined) found.push(finding('doctor.script_missing', about, 'arguments'))
  return found
}

/** Apps of a desktop that start servers with the PATH that they were started with; editors ask a shell for theirs. */
const APPS: ReadonlySet<ClientId> = new Set(['claude-desktop', 'cursor', 'windsurf'])

/** What version managers install is added to PATH by a shell's own files, which no desktop reads. */
function isHidden(
  { client, env }: ConfiguredServer,
  command: string,
  { file = '' }: FoundCommand,
  { home, platform }: Where,
): boolean {
  if (platform === 'win32' || !APPS.has(client) || env.PATH !== undefined) return false
  if (command.includes('/')) return false
  return file.startsWith(home + path.sep) || file.startsWith('/opt/homebrew/')
}

function urlFindings(server: ConfiguredServer, written: string): Finding[] {
  const about = aboutServer(server)
  // With a variable in it nothing can be said.
  if (/\$\{|\{\{|\$[A-Z]/.test(written)) return []
  const url = URL.parse(written)
  if (url?.protocol === 'unix:' || url?.protocol === 'pipe:') return []
  if (url === null || !/^https?:$/.test(url.protocol))
    return [finding('doctor.url_invalid', about, 'URL')]
  return url.protocol === 'http:' && !isThisMachine(url.hostname)
    ? [finding('doctor.plain_http', about, 'URL')]
    : []
}

export const isThisMachine = (hostname: string): boolean =>
  /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|\[::\])$/i.test(hostname)

/** Variables that every client replaces; null where another one stands in it, whose value only the client knows. */
export function expanded(text: string, { home, env, folder }: Where): string | null {
  const plain = text
    .replace(/^~(?=[/\\]|$)/, home)
    .replaceAll(/\$\{(?:env:)?HOME\}|\$HOME\b|\$\{userHome\}/g, home)
    .replaceAll(/\$\{workspaceFolder\}/g, folder)
    .replaceAll(/\$\{(?:env:)?(\w+)\}/g, (whole, name: string) => env[name] ?? whole)
  return /\$\{|\$[A-Za-z_]/.test(plain) ? null : plain
}

const hereOnly = (file: string | null, { platform }: Where): string | null =>
  file !== null && isElsewhere(file, platform) ? null : file

const isFolder = (file: string) => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true

export function textMember(raw: unknown, name: string): string | null {
  const value = isObject(raw) ? raw[name] : undefined
  return typeof value === 'string' ? value : null
}

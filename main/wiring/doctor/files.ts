import { type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { readEnvFile } from '../adoption/env-file.ts'
import { isElsewhere } from '../elsewhere.ts'
import { findCachedGrants, readOwn } from '../token-caches/find.ts'
import type { ClientFile, ConfiguredServer, Where } from '../types.ts'
import { judgeNamed } from './clear-values.ts'
import { aboutServer, type Finding, finding } from './finding.ts'
import { expanded, textMember } from './starts.ts'

/** What is wrong with the file itself. @param holdsSecret one of its servers has a credential in the clear */
export function fileFindings(
  { client, file, state, problem }: ClientFile,
  holdsSecret: boolean,
): Finding[] {
  const about = { client, file, server: null }
  if (state === 'absent') return []
  if (state === 'unusable')
    return [finding('doctor.file_unusable', about, null, problem ?? undefined)]
  return [
    ...(state === 'broken'
      ? [finding('doctor.file_broken', about, null, problem ?? undefined)]
      : []),
    ...rightsFindings(about, file, holdsSecret),
  ]
}

function rightsFindings(
  about: Parameters<typeof finding>[1],
  file: string,
  holdsSecret: boolean,
): Finding[] {
  const mode = modeOf(file)
  return [
    ...(holdsSecret && (mode & 0o044) !== 0 ? [finding('doctor.readable_by_others', about)] : []),
    // A group of one's own is usual; what everybody may write to is not.
    ...((mode & 0o002) !== 0 ? [finding('doctor.writable_by_others', about)] : []),
  ]
}

/** Zero where there is none, and where the system has no such rights. */
function modeOf(file: string): number {
  if (process.platform === 'win32') return 0
  return statSync(file, { throwIfNoEntry: false })?.mode ?? 0
}

/** Variables that a client reads from a file beside its configuration. */
export function envFileFindings(server: ConfiguredServer, where: Where): Finding[] {
  const written = textMember(server.raw, 'envFile')
  const named = written === null ? null : expanded(written, where)
  const file = named === null || isElsewhere(named, where.platform) ? null : named
  const text = file === null || !path.isAbsolute(file) ? null : (readOwn(file)?.text ?? null)
  if (file === null || text === null) return []
  const about = { ...aboutServer(server), file }
  const names = [...readEnvFile(text)]
    .filter(([name, value]) => judgeNamed(name, value) === 'secret')
    .map(([name]) => name)
  return [
    ...names.map((name) => finding('doctor.secret_in_env', about, `environment variable ${name}`)),
    ...rightsFindings(about, file, names.length > 0),
  ]
}

/** Tokens that other programs keep in plain files. */
export function cacheFindings(where: Where): Finding[] {
  return findCachedGrants(where).flatMap(
    ({ program, file, serverName, serverUrl, readableByOthers }) => {
      const about = { client: program, file, server: serverName ?? originOf(serverUrl) }
      return [
        finding('doctor.token_cache', about),
        ...(readableByOthers ? [finding('doctor.readable_by_others', about)] : []),
      ]
    },
  )
}

const originOf = (url: string | null) => (url === null ? null : (URL.parse(url)?.origin ?? null))

/** What Warder keeps itself: names of servers and accounts, no credential, and still nobody else's business. */
export function ownFindings(home: string): Finding[] {
  return ['.', 'config.json', 'state.db', 'run.json'].flatMap((name) => {
    const file = path.resolve(home, name)
    const about = { client: 'warder', file, server: null }
    let stats: Stats
    try {
      // A link's own mode says nothing: people keep their config.json in a repository.
      stats = statSync(file)
    } catch {
      return []
    }
    if (process.platform === 'win32' || (stats.mode & 0o077) === 0) return []
    return (stats.mode & 0o022) !== 0
      ? [finding('doctor.writable_by_others', about)]
      : [
          finding(
            'doctor.readable_by_others',
            about,
            null,
            'Other users of this machine can read what Warder keeps.',
          ),
        ]
  })
}

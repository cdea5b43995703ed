import { realFolder } from '../store/folders.ts'
import type { Choices } from './account-choice.ts'

/** Session folders are named by clients: so many are remembered, then it starts over. */
const MOST_FOLDERS = 100

/**
 * Where the folders of rules lead, looked up once for each configuration and session folder: a call must not cost as many
 * looks at the disk as there are rules, and a session keeps to one account when a link is changed under it.
 */
export function createRuleFolders(
  real: (folder: string) => string = realFolder,
): (choices: Choices, session: string | null) => (folder: string) => string {
  const known = new WeakMap<Choices, Map<string | null, Map<string, string>>>()

  return (choices, session) => {
    const sessions = known.get(choices) ?? new Map<string | null, Map<string, string>>()
    known.set(choices, sessions)
    if (sessions.size >= MOST_FOLDERS && !sessions.has(session)) sessions.clear()
    const folders = sessions.get(session) ?? new Map<string, string>()
    sessions.set(session, folders)
    return (folder) => {
      const path = folders.get(folder) ?? real(folder)
      folders.set(folder, path)
      return path
    }
  }
}

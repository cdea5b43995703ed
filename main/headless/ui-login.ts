import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { hashOf, pick } from './ui-sessions.ts'

/** Where a person opens the page: the file, and the same as a URL for the browser. */
export interface LoginFile {
  file: string
  url: string
}

export interface UiLogins {
  /** Writes a page that only this user can read and that signs in once, within two minutes. */
  issue(): Promise<LoginFile>
  /** @returns true once for each code that was issued and is still fresh */
  redeem(code: string): boolean
  sweep(): void
  close(): Promise<void>
}

/** Milliseconds in which a code may be used. */
const CODE_LIFE = 2 * 60 * 1000
const MOST = 8

interface Issued {
  hash: Buffer
  file: string
  expiresAt: number
}

/**
 * The code travels in a file and a request body, never in a URL or an argument vector: those end up in histories,
 * process lists and logs. Reading the file needs this user's rights, which is the proof that is asked for.
 */
export function createUiLogins(options: {
  action: string
  runtimeDir: string
  randomBytes: (size: number) => Buffer
  clock: () => number
}): UiLogins {
  let issued: Issued[] = []
  const removals = new Set<Promise<void>>()

  const forget = (gone: Issued[]) => {
    issued = issued.filter((entry) => !gone.includes(entry))
    for (const { file } of gone) {
      const removal = rm(file, { force: true }).finally(() => removals.delete(removal))
      removals.add(removal)
    }
  }
  const sweep = () => forget(issued.filter((entry) => options.clock() >= entry.expiresAt))

  return {
    async issue() {
      sweep()
      const code = options.randomBytes(32).toString('base64url')
      const name = `warder-login-${options.randomBytes(8).toString('hex')}.html`
      const file = path.join(options.runtimeDir, name)
      await writeFile(file, loginPage(options.action, code), { mode: 0o600, flag: 'wx' })
      issued.push({ hash: hashOf(code), file, expiresAt: options.clock() + CODE_LIFE })
      forget(issued.slice(0, -MOST))
      return { file, url: pathToFileURL(file).href }
    },
    redeem(code) {
      sweep()
      const entry = pick(issued, hashOf(code))
      if (entry === undefined) return false
      forget([entry])
      return true
    },
    sweep,
    async close() {
      forget(issued)
      await Promise.all(removals)
    },
  }
}

const script = 'document.forms[0].submit()'
const style =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:26rem;padding:0 1rem}'

/** A code is base64url and the action is ours, so nothing here needs escaping. */
function loginPage(action: string, code: string): string {
  const policy = `default-src 'none'; script-src '${sha256(script)}'; style-src '${sha256(style)}'; form-action ${action}; base-uri 'none'`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>Opening Warder</title>
<style>${style}</style>
<form method="post" action="${action}">
<input type="hidden" name="code" value="${code}">
<p>Opening Warder. If nothing happens, press the button.</p>
<button>Open Warder</button>
</form>
<script>${script}</script>
</html>
`
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

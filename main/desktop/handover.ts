import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { channels } from '../../preload/contract/index.ts'
import { isWarderError, WarderError } from '../errors.ts'
import type { Ask } from './presence.ts'

export interface HandoverParts {
  readonly home: string
  readonly ask: Ask
  /** How long the other one may take to end; milliseconds. */
  readonly endMs?: number
  /** How long it may take to answer, its keychain's prompt included; milliseconds. */
  readonly answerMs?: number
}

/**
 * Starts the companion; where a headless one holds the home, a person is asked, and it is asked to hand over. Its clients
 * find the way to this one by themselves.
 *
 * @throws WarderError `instance.running` where it is no headless one, keeps its secrets where this one cannot read them,
 *   does not end, or the person says no; and as `start`
 */
export async function startOrTakeOver<T>(
  start: () => Promise<T>,
  parts: HandoverParts,
): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!isWarderError(error, 'instance.running')) throw error
    await takeOver(error, parts)
    return start()
  }
}

const LOOK_EVERY_MS = 50

async function takeOver(running: WarderError, parts: HandoverParts) {
  const { home, ask, endMs = 20_000, answerMs = 40_000 } = parts
  const control = controlOf(home)
  if (control === null) throw running
  const { shell, vault, pid, locked } = await call(control, 'status:get', answerMs)
  if (shell !== 'headless') throw running
  // A file is opened anew with its passphrase; memory would be gone.
  if (vault.kind !== 'keychain' && vault.kind !== 'file')
    throw new WarderError(
      'instance.running',
      `Warder runs already, with the vault ${vault.kind}, which the app cannot take over. End \`warder serve\` first.`,
    )
  if (locked !== null)
    throw new WarderError(
      'instance.running',
      'Warder runs already, and is locked: unlock it with `warder unlock` first.',
    )
  const lines = [
    `It runs without a window, as process ${pid}. The app takes its place, with everything it holds.`,
    'Calls that are under way end with an error; clients go on with the next one.',
  ]
  if (!(await ask('Take over from the Warder that runs?', lines, 'Take over'))) throw running
  await call(control, 'shell:yield', answerMs)
  const deadline = performance.now() + endMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) throw running
    await delay(LOOK_EVERY_MS)
  }
}

const runSchema = z.looseObject({ control: z.string() })

function controlOf(home: string): string | null {
  try {
    return runSchema.parse(JSON.parse(readFileSync(path.join(home, 'run.json'), 'utf8'))).control
  } catch {
    return null
  }
}

async function call<C extends 'status:get' | 'shell:yield'>(
  socketPath: string,
  channel: C,
  answerMs: number,
): Promise<z.output<(typeof channels)[C]['output']>> {
  const body = await new Promise<string>((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method: 'POST',
        path: `/api/${channel}`,
        headers: { 'content-type': 'application/json' },
        // One that hangs would else keep this one from ever saying a word.
        signal: AbortSignal.timeout(answerMs),
      },
      (response) => text(response).then(resolve, reject),
    )
    sent.on('error', reject)
    sent.end('{}')
  }).catch((cause: unknown) => {
    throw new WarderError(
      'instance.running',
      'Another Warder holds the home and does not answer.',
      {
        cause,
      },
    )
  })
  const { output } = channels[channel]
  const answer = output.safeParse(jsonOrNull(body))
  if (answer.success) return answer.data as z.output<(typeof channels)[C]['output']>
  throw new WarderError('instance.running', 'Another Warder holds the home and keeps it.')
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright'
import { expect } from 'vitest'
import { signIn } from '../../harness/chromium.ts'
import { testHome } from '../../harness/home.ts'
import { digest } from '../../harness/identity-provider/journal.ts'
import type { IdentityProvider, ProviderRequest } from '../../harness/identity-provider/types.ts'
import { startOidcProvider } from '../../harness/oidc-provider/index.ts'
import { bareEnvironment } from '../../harness/processes.ts'
import { startResourceServer } from '../../harness/resource-server.ts'

/** What the rotating program says. */
interface Said {
  readonly ready?: true
  readonly stored?: string | null
  readonly cutShort?: boolean
  readonly url?: string
  readonly connected?: true
  readonly renewed?: true
  readonly failed?: string
  readonly refused?: string
}

export interface Rotating extends AsyncDisposable {
  /** The next thing it says, in order. */
  next(): Promise<Said>
  tell(order: 'connect' | 'rotate'): void
  /** What it said that nobody asked for. */
  rest(): Said[]
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
}

export function startRotating(home: string, serverUrl: string): Rotating {
  const program = path.join(import.meta.dirname, 'rotating-program.ts')
  const child = fork(program, [home, serverUrl], { env: bareEnvironment() })
  const said: Said[] = []
  let waiting: ((said: Said) => void) | undefined
  child.on('message', (message: Said) => {
    if (waiting) waiting(message)
    else said.push(message)
    waiting = undefined
  })
  return {
    async next() {
      const [first] = said.splice(0, 1)
      if (first !== undefined) return first
      const { promise, resolve } = Promise.withResolvers<Said>()
      waiting = resolve
      return promise
    },
    rest: () => said,
    tell: (order) => void child.send(order),
    kill: () => killed(child),
    [Symbol.asyncDispose]: () => killed(child),
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

export interface Tally {
  /** Kills after which the provider honoured what the vault held, and the next run went on with it. */
  readonly wentOn: number
  /** Kills between the provider's answer and the vault: a token that nobody could have kept. */
  readonly answerLost: number
}

/** Two renewals take about that long. */
const WINDOW_MS = 120

/**
 * Kills a companion at random instants of its renewals, at a provider that rotates refresh tokens and ends the grant
 * when one is used again. After each kill the provider itself is asked whether it still honours what the vault holds:
 * the next run must go on if it does, and say that it needs a sign-in if it does not.
 */
export async function killAtRandom(browser: Browser, kills: number): Promise<Tally> {
  await using provider = await startOidcProvider()
  await using server = await startResourceServer(provider)
  await using home = await testHome()
  const page = await browser.newPage()
  /** What the vault held after each kill. */
  const leftOver: string[] = []
  let wentOn = 0

  for (let kill = 0; kill < kills; kill++) {
    await using companion = startRotating(home.path, server.url)
    const { stored, cutShort } = await companion.next()
    if (stored) {
      leftOver.push(digest(stored))
      const honoured = await honours(provider, stored)
      companion.tell('rotate')
      // What the provider has spent, it answered: then the ledger shows a renewal that was cut short.
      if (!honoured) expect(cutShort).toBe(true)
      expect(await companion.next()).toEqual(
        honoured ? { renewed: true } : { failed: 'grant.sign_in_needed' },
      )
      if (honoured) wentOn++
      else await connect(companion, page, provider)
    } else await connect(companion, page, provider)
    await delay(Math.random() * WINDOW_MS)
    await companion.kill()
    expect(companion.rest().filter(({ renewed }) => !renewed)).toEqual([])
  }
  await page.context().close()
  expectNoneUsedTwice(await provider.requests(), leftOver)
  return { wentOn, answerLost: leftOver.length - wentOn }
}

/** Signs in, and lets it renew from there on. */
async function connect(companion: Rotating, page: Page, provider: IdentityProvider): Promise<void> {
  companion.tell('connect')
  const { url } = await companion.next()
  await signIn(page, url ?? '', provider)
  expect(await companion.next()).toEqual({ connected: true })
  companion.tell('rotate')
}

/** RFC 7662 §2.1 */
async function honours(provider: IdentityProvider, refreshToken: string): Promise<boolean> {
  const { clientId = '', clientSecret = '' } = provider.introspectionClient ?? {}
  const response = await fetch(`${provider.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ token: refreshToken, token_type_hint: 'refresh_token' }),
  })
  return ((await response.json()) as { active: boolean }).active
}

/**
 * A second use is excused once for each kill that left the token in the vault: its answer may never have come; and once
 * where the token was revoked: the trial that shows it dead.
 */
function expectNoneUsedTwice(
  requests: readonly ProviderRequest[],
  leftOver: readonly string[],
): void {
  const used = requests
    .filter(({ method, body }) => method === 'POST' && body.grant_type === 'refresh_token')
    .map(({ body }) => String(body.refresh_token))
  const revoked = requests.flatMap(({ body }) =>
    body.token_type_hint === 'refresh_token' && body.token ? [String(body.token)] : [],
  )
  const excused = [...leftOver, ...new Set(revoked)]
  const count = (all: readonly string[], token: string) => all.filter((one) => one === token).length
  const twice = used.filter((token) => count(used, token) > 1 + count(excused, token))
  expect(twice).toEqual([])
}

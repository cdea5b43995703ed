import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { channels } from '../../../preload/contract/index.ts'
import { type Desktop, startDesktop } from '../../harness/electron/desktop.ts'
import { testHome } from '../../harness/home.ts'
import { startWarder } from '../../harness/warder.ts'
import { startSystemBrowser } from '../../harness/xdg-open/index.ts'
import { type Case, contractCases, type Reply, wayBack, wrongReply } from './contract-fuzz.ts'
import { searchFor } from './leaks.ts'

/** Hands the contract's random input to the shipped companion, by every way that there is to it. */

const PLANTED = {
  planted: 'canary-4f1c9be2-of-the-vault',
  header: 'canary-77aa01d3-in-a-header',
} as const
/** Without what ends a headless companion, and is meant to. */
const casesFor = (...args: Parameters<typeof contractCases>) =>
  contractCases(...args).filter(
    ({ channel, input }) =>
      channel !== 'shell:yield' || !channels[channel].input.safeParse(input).success,
  )

const leaks = searchFor(Object.entries(PLANTED).map(([name, value]) => ({ name, value })))

type Call = (one: Case) => Promise<Reply>

interface Found {
  wrong: string[]
  answered: Set<string>
}

async function run(cases: readonly Case[], call: Call, back: (channel: string) => Promise<void>) {
  const found: Found = { wrong: [], answered: new Set() }
  for (const [at, one] of cases.entries()) {
    const reply = await call(one)
    const wrong = wrongReply(one, reply)
    const leaked = leaks.in(`the reply to ${one.channel}`, JSON.stringify(reply))
    found.wrong.push(...(wrong === null ? [] : [`${at} ${one.channel}: ${wrong}`]), ...leaked)
    if ('output' in reply) found.answered.add(one.channel)
    const way = wayBack(one, reply)
    if (way !== null) await back(way)
  }
  return found
}

/** The control socket and the page's loopback server, the one after the other. */
export async function fuzzHttp(count: number, seed: number): Promise<void> {
  await using home = await testHome()
  await using system = await startSystemBrowser()
  const env = { ...system.env, HOME: home.path, XDG_CONFIG_HOME: path.join(home.path, '.config') }
  await using warder = await startWarder({ home: home.path, env })
  await warder.ok(['secret', 'set', 'planted'], PLANTED.planted)
  await warder.ok(['secret', 'set', 'header'], PLANTED.header)
  await warder.ok([
    ...['server', 'add', 'keyed', '--url', 'https://nobody.invalid/mcp', '--auth', 'header'],
    ...['--header', 'x-key=secret:header', '--yes'],
  ])
  await warder.ok(['client', 'add', 'desk', '--yes'])
  const ran = path.join(home.path, 'ran')

  const socketPath = path.join(warder.ready.sockets, 'control.sock')
  const overSocket: Call = (one) => post({ socketPath }, one, {})
  const back = async (channel: string) => {
    const asked = (await overSocket({ channel, input: {} })) as {
      error: { details: { challenge: string } }
    }
    const { challenge } = asked.error.details
    expect(await overSocket({ channel, input: { confirm: challenge } })).toEqual({ output: {} })
  }
  const half = Math.ceil(count / 2)
  const first = await run(casesFor(half, seed, ran), overSocket, back)
  expect(first.wrong).toEqual([])

  // Of the input before, nothing is left that would keep the page from being opened.
  const { host, bearer } = await signIn(await warder.ok<{ file: string }>(['ui', '--no-browser']))
  const port = Number(host.split(':')[1])
  const overLoopback: Call = (one) =>
    post({ host: '127.0.0.1', port }, one, { host, authorization: `Bearer ${bearer}` })
  const second = await run(casesFor(half, seed + 1, ran), overLoopback, back)
  expect(second.wrong).toEqual([])

  for (const { answered } of [first, second]) expect(answered.size).toBeGreaterThan(20)
  expect(existsSync(ran)).toBe(false)
  // The login file is what `ui:open` is for; no other page was opened.
  expect(
    system.opened.filter(([page = '']) => !/\/warder-login-[0-9a-f]+\.html$/.test(page)),
  ).toEqual([])
  expect(leaks.inFiles(home.path)).toEqual([])
  expect(leaks.in('what it wrote', warder.output.join('\n') + warder.stderr())).toEqual([])
  expect(warder.stderr()).not.toContain('internal.unexpected')
  expect((await warder.stop()).code).toBe(0)
}

async function signIn({ file }: { file: string }): Promise<{ host: string; bearer: string }> {
  const form = await readFile(file, 'utf8')
  const host = /action="http:\/\/([^/"]+)\/login"/.exec(form)?.[1] ?? ''
  const code = /name="code" value="([^"]+)"/.exec(form)?.[1] ?? ''
  // Not `fetch`, which says of itself that it is no navigation.
  const page = await new Promise<string>((resolve, reject) => {
    const [address, port] = host.split(':')
    const sent = request(
      {
        ...{ host: address, port, method: 'POST', path: '/login' },
        headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
      },
      (response) => text(response).then(resolve, reject),
    )
    sent.on('error', reject)
    sent.end(`code=${code}`)
  })
  const bearer = /name="warder-session" content="([^"]*)"/.exec(page)?.[1]
  if (bearer === undefined) throw new Error('The page has no bearer.')
  return { host, bearer }
}

async function post(
  to: { socketPath: string } | { host: string; port: number },
  { channel, input }: Case,
  headers: Record<string, string>,
): Promise<Reply> {
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request(
      {
        ...to,
        method: 'POST',
        path: `/api/${encodeURI(channel)}`,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) =>
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(input) ?? 'null')
  })
  const parsed: unknown = JSON.parse(answer.body)
  return answer.status === 200 ? { output: parsed } : { error: parsed }
}

/** The window of the desktop, by the two functions that its page has. A person says no, but to what leads back. */
export async function fuzzIpc(
  count: number,
  seed: number,
  env: Record<string, string>,
): Promise<void> {
  await using home = await testHome()
  await using system = await startSystemBrowser()
  await using desktop = startDesktop({
    home: home.path,
    env: { ...env, ...system.env, XDG_CONFIG_HOME: path.join(home.path, '.config') },
  })
  const page = await desktop.page()
  const call: Call = (one) =>
    page.evaluate(
      ({ channel, input }) =>
        (globalThis as unknown as PageWorld).warder.call(channel, input) as Promise<Reply>,
      one,
    )
  for (const [name, value] of Object.entries(PLANTED))
    expect(await call({ channel: 'secrets:set', input: { name, value } })).toHaveProperty('output')

  let over = false
  const answering = answer(desktop, () => over)
  const ran = path.join(home.path, 'ran')
  const back = async (channel: string) => {
    expect(await call({ channel, input: {} })).toEqual({ output: {} })
  }
  const found = await run(contractCases(count, seed, ran), call, back)
  over = true
  await desktop.power('resume')
  await call({ channel: 'hold:pause', input: {} })
  await answering
  expect(found.wrong).toEqual([])
  expect(found.answered.size).toBeGreaterThan(20)
  expect(existsSync(ran)).toBe(false)
  expect(system.opened).toEqual([])
  expect(desktop.now().opened).toEqual([])
  expect(desktop.now().windows).toHaveLength(1)
  expect(leaks.in('what a person saw', JSON.stringify(desktop.now()))).toEqual([])
  const files = leaks.inFiles(home.path).filter((where) => !where.includes('/window/chromium/'))
  expect(files).toEqual([])
  // It still answers.
  expect(await call({ channel: 'status:get', input: {} })).toHaveProperty('output')
}

const LEADS_BACK = /^(?:Unlock Warder|End the pause of all calls|Let calls through again)$/

async function answer(desktop: Desktop, over: () => boolean): Promise<void> {
  for (;;) {
    const now = await desktop.until(
      'a question or the end',
      ({ dialogs, tray }) =>
        dialogs.length > 0 || (over() && tray?.image.includes('paused') === true),
    )
    const [dialog] = now.dialogs
    if (dialog === undefined) return
    await desktop.answer(LEADS_BACK.test(dialog.message) ? 'Allow' : 'Cancel')
  }
}

interface PageWorld {
  readonly warder: { call(channel: string, input: unknown): Promise<unknown> }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { formsOf } from '../../../main/audit/mask.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { createOutput } from '../../../main/cli/output.ts'
import { processGroup } from '../../../main/runtime/process-group.ts'
import { messagesIn, OWN_ANSWER } from '../frames.ts'
import { ATTEMPTS, type Entry, type Observed, shownText } from './stdio.ts'

type Verdict = (
  seen: Observed,
  close: () => Promise<void>,
) => string | undefined | Promise<string | undefined>

/**
 * @param close ends the bridge and all that it started
 * @returns why the entry did not pass
 */
export async function verdict(
  seen: Observed,
  secret: string,
  close: () => Promise<void>,
): Promise<string | undefined> {
  const { entry } = seen
  const judge = verdicts[entry.expect]
  if (judge === undefined) return `what ${entry.expect} is, nobody has written down`
  return (
    (await judge(seen, close)) ??
    leaked(seen, secret) ??
    polluted() ??
    grownTooMuch(seen) ??
    counted(seen)
  )
}

const verdicts: Record<string, Verdict> = {
  accept: accepted,
  'accept-preserve': accepted,
  bounded: accepted,
  'no-redos': accepted,
  'no-fetch': accepted,
  'forward-no-follow': accepted,
  'annotations-untrusted': accepted,
  'drop-headers-accept-body': accepted,
  'accept-first': accepted,
  route: (seen) =>
    one(seen) ?? (answer(seen)?.includes(OWN_ANSWER) ? 'the frame was not taken' : undefined),
  'accept-or-error': (seen) => (failed(seen) ? undefined : accepted(seen)),
  'accept-or-drop': (seen) => (accepted(seen) === undefined ? undefined : dropped(seen)),
  'drop-or-accept-bounded': (seen) => one(seen),
  drop: dropped,
  error: (seen) => one(seen) ?? (failed(seen) ? undefined : 'the call did not fail'),
  timeout: (seen) => one(seen) ?? (failed(seen) ? undefined : 'the call did not fail'),
  redact: (seen) => one(seen) ?? (answer(seen)?.includes(OWN_ANSWER) ? 'was dropped' : undefined),
  sanitize: (seen) =>
    one(seen) ??
    (answer(seen)?.includes(OWN_ANSWER)
      ? 'was dropped'
      : JSON.stringify(JSON.parse(answer(seen) ?? 'null')).includes('\\ud')
        ? 'half a character was let through'
        : undefined),
  deny: denied,
  kill: killed,
  'kill-tree': killedTree,
  throttle: throttled,
  coalesce: coalesced,
  backoff: backedOff,
  'sanitize-in-log-and-ui': shownSafely,
  quarantine: withheld,
  'exclude-tool': withheld,
  'block-until-reapproved': (seen) => changed(seen) ?? withheld(seen),
  flag: (seen) => accepted(seen) ?? flagged(seen),
  'flag-and-pin': (seen) => accepted(seen) ?? flagged(seen),
  'no-shadow': (seen) => withheld(seen) ?? shadowed(seen),
  'reject-duplicates': withheld,
  'quarantine-or-accept-safely': (seen) => one(seen),
}

const answer = ({ answers }: Observed) => answers[0]

function one({ answers }: Observed): string | undefined {
  if (answers.length === 0) return 'the call was not answered'
  return answers.length > 1 ? 'the call was answered twice' : undefined
}

/** The answer of Warder itself, in the place of the server's. */
const failed = (seen: Observed) => ownError(answer(seen)) !== undefined

function ownError(text: string | undefined): string | undefined {
  const code = text && JSON.parse(text).error?.data?.code
  return typeof code === 'string' ? code : undefined
}

/** The first answer in the frames that is for this call, as it stands there. */
function written({ entry }: Observed): string | undefined {
  const [first] = entry.input.frames
  if (typeof first === 'object' && 'b64' in first)
    return resultIn(
      Buffer.from(first.b64, 'base64')
        .toString()
        .replace(/^\ufeff/, '')
        .trim(),
    )
  const texts = entry.input.frames.flatMap((frame) =>
    typeof frame === 'string' ? [frame] : 'of' in frame ? [frame.of] : [],
  )
  return texts
    .join('')
    .split('\n')
    .map(resultIn)
    .find((value) => value !== undefined)
}

const resultIn = (line: string) => /"(?:result|error)":(.*)\}\r?$/s.exec(line)?.[1]

/** Every byte of the result came through; a generated one is told by its length. */
function accepted(seen: Observed): string | undefined {
  const problem = one(seen)
  if (problem !== undefined) return problem
  const text = answer(seen) ?? ''
  if (failed(seen)) return `failed with ${ownError(text)}`
  if (text.includes(OWN_ANSWER)) return 'was dropped'
  const generated = seen.entry.input.frames.find(
    (frame) => typeof frame === 'object' && 'gen' in frame && frame.gen === 'response',
  )
  if (typeof generated === 'object' && 'text_bytes' in generated)
    return text.length > generated.text_bytes ? undefined : 'was altered'
  const expected = written(seen)
  if (expected === undefined || expected.includes('"gen"')) return undefined
  return resultIn(text) === expected ? undefined : 'was altered'
}

/**
 * Nothing of the line came through. The call still waits, so that the server's own answer ends it; where the line names
 * the call as the one that it answers, the call may have been ended by Warder instead.
 */
function dropped(seen: Observed): string | undefined {
  const problem = one(seen)
  if (problem !== undefined) return problem
  if (seen.unasked.length > 0) return 'reached the client'
  if (answer(seen)?.includes(OWN_ANSWER)) return undefined
  const names = messagesIn(seen.entry.input.frames).some(({ id }) => id === 7)
  return names && ownError(answer(seen)) === 'server.protocol' ? undefined : 'ended the call'
}

function denied(seen: Observed): string | undefined {
  if (seen.entry.class === 'client') return deniedToClient(seen)
  const requests = messagesIn(seen.entry.input.frames).filter(({ method }) => method !== undefined)
  if (seen.unasked.length > 0) return 'reached the client'
  return seen.end?.refused === requests.length ? undefined : 'the server was not refused'
}

function deniedToClient({ entry, rows, others, end }: Observed): string | undefined {
  if ((end?.seen.length ?? 1) > 0) return 'reached the server'
  const messages = messagesIn(entry.input.frames)
  for (const { id, method } of messages) {
    if (id !== undefined && others.get(id)?.error === undefined && others.get(null) === undefined)
      return 'was not answered with an error'
    const recorded = rows.some((row) => row.method === method && row.decision === 'deny')
    const unreadable = others.get(null)?.error !== undefined
    if (!recorded && !unreadable) return 'was not recorded as denied'
  }
  return undefined
}

/** Everything that was started is gone when the bridge has closed. */
async function killed(seen: Observed, close: () => Promise<void>): Promise<string | undefined> {
  const running = seen.started.filter(runs)
  // A server that ignores SIGTERM does no harm until it is to be ended.
  if (!hasGen(seen.entry, 'ignore_sigterm')) {
    if (running.length > 0) return 'the server was not ended'
    if (!failed(seen)) return 'the call did not fail'
  }
  await close()
  return seen.started.some(runs) ? 'the server lives on' : undefined
}

async function killedTree(seen: Observed, close: () => Promise<void>): Promise<string | undefined> {
  if (seen.children.length === 0 || !seen.children.every(isAlive)) return 'started nothing'
  await close()
  // The dead are reaped by whoever inherited them.
  for (let polls = 0; seen.children.some(isAlive) && polls < 200; polls++) await sleep(10)
  return seen.children.some(isAlive) ? 'what the server started lives on' : undefined
}

/** One that has ended is there until it is reaped, which is this process's business, and takes a turn. */
const runs = (server: number): boolean => processGroup(server).alive()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const hasGen = ({ input }: Entry, gen: string) =>
  input.frames.some((frame) => typeof frame === 'object' && 'gen' in frame && frame.gen === gen)

/** All was read, nothing was held for long, and the call was answered after it. A flood of progress gains no time. */
function throttled(seen: Observed): string | undefined {
  const problem = one(seen)
  if (problem !== undefined) return problem
  if (hasGen(seen.entry, 'progress'))
    return failed(seen) ? undefined : 'the deadline of the call was put off'
  if (seen.end === null) return 'the server did not get to its end'
  return answer(seen)?.includes(OWN_ANSWER) ? undefined : 'the call was not answered by the server'
}

/** A client that asks again at each of these would be kept busy by a server. */
const MOST_OF_A_STORM = 10

function coalesced(seen: Observed): string | undefined {
  const most = Math.max(...seen.counts.values())
  if (!(most >= 1)) return 'nobody was told'
  return most > MOST_OF_A_STORM ? `the client was told ${most} times` : undefined
}

function backedOff({ started }: Observed): string | undefined {
  return started.length > ATTEMPTS / 4 ? `was started ${started.length} times in a row` : undefined
}

/** As data it arrives; where people look, nothing of it moves a cursor or hides other text. */
async function shownSafely(seen: Observed): Promise<string | undefined> {
  const problem = accepted(seen)
  if (problem !== undefined) return problem
  const text = shownText(seen.entry)
  const stderr = JSON.stringify(seen.others.get('held'))
  if (STEERS.test(JSON.parse(stderr)?.error?.message ?? '\u0000'))
    return 'the reason of an error holds it as it is'
  const printed: string[] = []
  const stream = { write: (line: string) => printed.push(line), isTTY: true }
  const env = { NO_COLOR: '1' }
  const { rows } = seen
  if (!rows.some(({ target }) => target !== null && text.startsWith(target.slice(0, 32))))
    return 'the audit did not record the name'
  for (const json of [true, false])
    createOutput({ json, stdout: stream, stderr: stream, env }).result(rows, (all) =>
      all.map(({ target, rule }) => [{ text: target ?? '', style: 'red' }, rule]),
    )
  return STEERS.test(printed.join('').replaceAll('\n', ''))
    ? 'the audit shows it as it is'
    : undefined
}

const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** Tools of the list in the frames that may stay: those that do nothing wrong. */
function withheld(seen: Observed): string | undefined {
  const problem = one(seen)
  if (problem !== undefined) return problem
  const result = JSON.parse(answer(seen) ?? 'null')?.result
  if (!Array.isArray(result?.tools)) return failed(seen) ? undefined : 'was answered otherwise'
  return result.tools.length > 0 ? 'the tool is in the list' : undefined
}

/** It was taken into use before, is held now, and a person is asked. */
function changed({ others, tools }: Observed): string | undefined {
  const earlier = others.get('earlier')?.result as { tools?: unknown[] } | undefined
  if (earlier?.tools?.length !== 1) return 'what was approved before was not listed'
  const [tool] = tools
  return tool?.approved.length === 1 && tool.held !== null && tool.id !== null
    ? undefined
    : 'nobody is asked about the change'
}

/** It is in use and pinned, and a person is shown the whole of it. */
function flagged({ entry, tools, rows }: Observed): string | undefined {
  const [message] = messagesIn(entry.input.frames) as { result?: { tools?: object[] } }[]
  const [tool] = tools
  if (tool?.approved.length !== 1 || tool.held !== null) return 'was not pinned'
  if (tool.id === null || !rows.some(({ method }) => method === 'pins/noted'))
    return 'nobody is told of it'
  const told: unknown = JSON.parse(tool.content ?? 'null')
  return isDeepStrictEqual(told, message?.result?.tools?.[0]) ? undefined : 'is not shown in full'
}

/** The name leads to the server that it names, and nowhere else. */
function shadowed({ rows }: Observed): string | undefined {
  const servers = rows
    .filter(({ method, target }) => method === 'tools/call' && target?.endsWith('delete_repo'))
    .map(({ server }) => server)
  return new Set(servers).size === 1 && servers[0] !== 's' ? undefined : 'leads to another server'
}

/** Nothing that was planted came out, in no form. */
function leaked({ answers, unasked, others, rows }: Observed, secret: string): string | undefined {
  const out = [...answers, JSON.stringify([unasked, [...others], rows])].join('\n')
  return formsOf(secret).some((form) => out.includes(form)) ? 'the secret came out' : undefined
}

const polluted = () =>
  Object.keys(Object.prototype).length > 0 || 'polluted' in {} || 'p' in {}
    ? 'Object.prototype was changed'
    : undefined

/** Twice the largest message, for its bytes and its text, and what Node needs around it. */
function grownTooMuch({ entry, grown }: Observed): string | undefined {
  const measured = ['size', 'flood', 'bomb'].includes(entry.class)
  return measured && grown > 4 * limits.messageBytes
    ? `memory grew by ${Math.round(grown / 1e6)} MB`
    : undefined
}

/** One intent and one outcome for each call, whatever happened to it. */
function counted({ entry, rows }: Observed): string | undefined {
  if (UNFINISHED.has(entry.expect)) return undefined
  // What became of a tool belongs to no call.
  const own = rows.filter(({ method }) => !method.startsWith('pins/'))
  const calls = new Set(own.map(({ call }) => call))
  return own.length === 2 * calls.size ? undefined : 'a call was not recorded to its end'
}

/** Where a call still waits when it is looked at. */
const UNFINISHED = new Set(['route'])

import { randomUUID } from 'node:crypto'
import type { Mask } from '../../audit/mask.ts'
import { isWarderError } from '../../errors.ts'
import type { Decide } from '../../policy/decide.ts'
import type { Budget } from '../../runtime/budget.ts'
import type { Server } from '../../servers/servers.ts'
import { type RequestMessage, readMessage, resultResponse } from '../envelope.ts'
import { META } from '../eras/claim.ts'
import { inspect } from '../inspect.ts'
import { withMembers } from '../json-edit.ts'
import { readJson } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { maskJson } from '../mask-json.ts'
import { fingerprint } from '../pins/fingerprint.ts'
import type { Catalogue, Channel, House, Opened, Session, Told } from '../types.ts'
import type { Credential } from '../upstream/upstream.ts'
import type { Memory, Subject } from './memory.ts'
import { createPages, LISTS, MOST_PAGES, memberOf, nextOf } from './pages.ts'
import type { Whose } from './whose.ts'

/** Under this name a result says since when it is remembered (an instant, RFC 3339). */
const REMEMBERED = 'warder/remembered'
const OPENINGS = new Set(['initialize', 'server/discover'])

export function createCatalogue(options: {
  memory: Memory
  whose: Whose
  /** @throws WarderError where there is no such server, or it may not be used */
  lookup: (server: string) => Server
  stopped: () => boolean
  decide: Decide
  mask: Mask
  pins?: House['pins']
  budget: Budget
  relay: (text: string, session: Session, channel: Channel) => Promise<void>
  timer: { now(): number; after(ms: number, run: () => void): () => void }
}): Catalogue {
  const { memory, whose, lookup, stopped, decide, mask, pins, relay, timer } = options
  const pages = createPages<Session>(
    ({ principals }) => options.budget.of(principals.client).answers,
  )
  /** What each client was told from memory, and has not heard anew since. */
  const told = new Map<Session, Map<string, { subject: string; digest: string }>>()
  /** When each server was last asked behind a client, on the timer's clock. */
  const asked = new Map<string, number>()
  let silent = false

  function subjectOf({ server, asker, speaks, initialize }: Opened): Subject | null {
    try {
      const known = lookup(server)
      const { params } = initialize
      const opening = ['protocolVersion', 'capabilities'].map((name) => params?.member(name)?.raw)
      return {
        server,
        definition: JSON.stringify(known.definition),
        context: whose(known, asker),
        opening: JSON.stringify([speaks, ...opening]),
      }
    } catch {
      // Nobody is signed in, or the server is not to be used.
      return null
    }
  }

  function subjectFor(session: Session, message: RequestMessage | null): Subject | null {
    const { server, asker, speaks } = session
    const initialize = message?.method === 'initialize' ? message : session.connection.openedWith()
    return initialize === null ? null : subjectOf({ server, asker, speaks, initialize })
  }

  const remembers = ({ method, params }: RequestMessage) =>
    OPENINGS.has(method) || (memberOf(method) !== null && params?.member('cursor') === undefined)

  function recall(message: RequestMessage, session: Session): Told | null {
    // What is noted of a session that has ended would never be let go of.
    if (silent || stopped() || session.ended || !remembers(message)) return null
    const { principals, server } = session
    const may = decide({ principals, server, operation: { kind: 'session' } })
    const subject = may.effect === 'allow' ? subjectFor(session, message) : null
    const known = subject && memory.get(subject, message.method)
    if (!subject || !known) return null
    const result = readJson(known.content)
    const seen = inspect(
      result,
      message.method,
      (operation) => decide({ principals, server, operation }),
      mask,
      pins && ((lines) => pins.recalled(server, lines)),
    )
    const own = told.get(session) ?? new Map()
    told.set(session, own)
    own.set(message.method, {
      subject: JSON.stringify(subject),
      digest: fingerprint(known.content),
    })
    const text = message.method === 'initialize' ? changeable(seen.text) : seen.text
    return {
      text: marked(text, known.heardAt),
      masked: seen.masked,
      revision: result.member('protocolVersion')?.string() ?? null,
    }
  }

  function put(subject: Subject, method: string, result: string): void {
    const content = maskJson(result, mask).text
    memory.put(subject, method, content)
    const name = JSON.stringify(subject)
    for (const [session, own] of told) {
      const before = own.get(method)
      if (before?.subject !== name) continue
      own.delete(method)
      if (before.digest !== fingerprint(content) && memberOf(method) !== null)
        session.standing?.send(
          `{"jsonrpc":"2.0","method":"notifications/${listOf(method)}/list_changed"}`,
        )
    }
  }

  /** What was asked in the name of other accounts than would be used now is nobody's. */
  function learnAs(subject: Subject | null, credential: Credential, learn: (s: Subject) => void) {
    if (subject === null || stopped()) return
    const names = (accounts: readonly { server: string; account: string }[]) =>
      JSON.stringify(accounts.map(({ server, account }) => [server, account]).sort())
    if (names(subject.context.accounts) !== names(credential.accounts)) return
    try {
      learn(subject)
    } catch (error) {
      // The answer is the client's all the same; only nothing is remembered of it.
      if (!isWarderError(error)) throw error
    }
  }

  async function ask(session: Session, method: string, params: string): Promise<string | null> {
    const id = JSON.stringify(`warder-${randomUUID()}`)
    let reply: string | null = null
    const keep = (text: string) => {
      reply = text
    }
    const channel: Channel = {
      reply: keep,
      refuse: keep,
      send: () => {},
      leaving: () => AbortSignal.abort(),
      anew: true,
    }
    await relay(
      `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`,
      session,
      channel,
    )
    if (reply === null) return null
    const answer = readMessage(reply)
    return answer.kind === 'response' ? (answer.result?.raw ?? null) : null
  }

  async function askAll(
    session: Session,
    subject: Subject,
    meta: readonly string[],
  ): Promise<void> {
    const opening = memory.get(subject, 'initialize') ?? memory.get(subject, 'server/discover')
    const offers = opening && readJson(opening.content).member('capabilities')
    for (const method of Object.keys(LISTS)) {
      if (offers?.member(listOf(method)) === undefined) continue
      let params: string | null = `{${meta.join()}}`
      for (let page = 0; params !== null && page < MOST_PAGES && !session.ended; page++) {
        const result = await ask(session, method, params)
        const next = result && nextOf(result)
        params = next === null ? null : `{${[...meta, `"cursor":${next}`].join()}}`
      }
    }
  }

  function refresh(session: Session, message?: RequestMessage): void {
    const subject = subjectFor(session, null)
    if (subject === null) return
    const name = JSON.stringify(subject)
    const now = timer.now()
    for (const [one, at] of asked) if (now - at >= limits.rememberedFreshMs) asked.delete(one)
    if (asked.has(name)) return
    asked.set(name, now)
    // The client has its answer; what fails here, it will meet with its first call.
    askAll(session, subject, session.speaks === 'stateless' ? claimIn(message) : []).catch(() => {})
  }

  function forgetting(forget: () => void): void {
    try {
      forget()
    } catch {
      // It is on a disk that cannot be written just now.
      silent = true
    }
  }

  return {
    recall,
    recallAtOnce(message, session, pending) {
      if (pending.channel.anew || !remembers(message)) return null
      const { connection, standing } = session
      if (connection.warm()) return null
      if (message.method === 'initialize')
        // A second opening starts over; a client that cannot be told of changes gets the server's own words.
        return standing === null || connection.opened() ? null : recall(message, session)
      if (message.method === 'server/discover') return recall(message, session)
      return standing === null ? null : recall(message, session)
    },
    learn(message, session, answer, credential) {
      const { method } = message
      if (answer.result === undefined) return
      const list = memberOf(method) === null ? null : pages.turn(session, message, answer)
      const content = OPENINGS.has(method) ? answer.result.raw : list
      if (content === null) return
      learnAs(subjectFor(session, message), credential, (subject) => put(subject, method, content))
    },
    instructions(at) {
      const subject = silent || stopped() ? null : subjectOf(at)
      const method = at.speaks === 'session' ? 'initialize' : 'server/discover'
      const known = subject && memory.get(subject, method)
      const text = known && readJson(known.content).member('instructions')?.string()
      return text ? mask(text).text : null
    },
    learnOpening(at, { result }, credential) {
      if (result === undefined) return
      learnAs(subjectOf(at), credential, (subject) => put(subject, 'initialize', result.raw))
    },
    refresh,
    initialized(session) {
      const fromMemory = told.get(session)?.has('initialize') === true
      if (fromMemory && !session.connection.warm()) refresh(session)
    },
    hurry(message, session, pending) {
      if (pending.channel.anew || stopped() || !remembers(message)) return () => {}
      return timer.after(limits.rememberedAfterMs, () => {
        const known = pending.answered ? null : recall(message, session)
        if (known === null) return
        pending.answered = true
        pending.channel.reply(resultResponse(message.id, known.text))
      })
    },
    leave(session) {
      told.delete(session)
      pages.leave(session)
    },
    forgetServer: (server) => forgetting(() => memory.forgetServer(server)),
    forgetAccount: (...account) => forgetting(() => memory.forgetAccount(...account)),
    clear: () => forgetting(memory.clear),
  }
}

/** What a request says of its sender, as the member of `params` that says it; without what belongs to that one request. */
function claimIn(message: RequestMessage | undefined): string[] {
  const said = message?.params?.member('_meta')?.members() ?? []
  const own = said.filter(({ name }) => name.startsWith(META))
  const members = own.map(({ name, value }) => `${JSON.stringify(name)}:${value.raw}`)
  return members.length === 0 ? [] : [`"_meta":{${members.join()}}`]
}

/** `resources` for `resources/templates/list`: what capabilities and notifications call a list. */
const listOf = (method: string) => method.split('/')[0] ?? ''

/** An opening from memory promises word of changes: the lists that follow it may be old. */
function changeable(text: string): string {
  const result = readJson(text)
  const capabilities = result.member('capabilities')
  if (capabilities?.kind !== 'object') return text
  const lists = capabilities
    .members()
    .filter(({ name, value }) => CHANGING.has(name) && value.kind === 'object')
    .map(({ name, value }) => [name, withMembers(value, { listChanged: 'true' })])
  return withMembers(result, {
    capabilities: withMembers(capabilities, Object.fromEntries(lists)),
  })
}

const CHANGING = new Set(['tools', 'prompts', 'resources'])

/** The result says that it is remembered, and is kept by nobody. */
function marked(text: string, heardAt: number): string {
  const result = readJson(text)
  const meta = result.member('_meta')
  const own = { [REMEMBERED]: JSON.stringify(new Date(heardAt).toISOString()) }
  return withMembers(result, {
    ...(result.member('ttlMs') === undefined ? {} : { ttlMs: '0' }),
    _meta: withMembers(meta?.kind === 'object' ? meta : readJson('{}'), own),
  })
}

import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import type { Lookup } from '../../main/net/dialer.ts'

/** One record of an answer; a CNAME comes with what its target has, as resolvers send it. */
export type Answer =
  | { readonly a: string }
  | { readonly aaaa: string }
  | { readonly cname: string; readonly then: readonly Answer[] }

/** A name server of the test, over UDP (RFC 1035 §4), that may change its mind. */
export interface NameServer extends AsyncDisposable {
  /** `NAME TYPE` of each question, in order. */
  readonly questions: readonly string[]
  /** Asks this server for A and AAAA, as the system's resolver would. */
  readonly lookup: Lookup
}

/** @param names for each name what is answered the first time, the second time, …; the last one stays */
export async function startNameServer(
  names: Readonly<Record<string, readonly (readonly Answer[])[]>>,
): Promise<NameServer> {
  const questions: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, type, question } = read(query)
    const turn = questions.filter((one) => one === `${name} ${type}`).length
    questions.push(`${name} ${type}`)
    const turns = names[name] ?? []
    const answers = turns[Math.min(turn, turns.length - 1)]
    const records = answers === undefined ? [] : recordsOf(name, answers, type)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(answers === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    socket.send(Buffer.concat([header, question, ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return {
    questions,
    async lookup(name) {
      const ask = async (family: 4 | 6) => {
        const asked = family === 4 ? resolver.resolve4(name) : resolver.resolve6(name)
        return (await asked.catch(() => [])).map((address) => ({ address, family }))
      }
      return (await Promise.all([ask(4), ask(6)])).flat()
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  }
}

const types = { A: 1, CNAME: 5, AAAA: 28 } as const

function read(query: Buffer): { name: string; type: 'A' | 'AAAA'; question: Buffer } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = query.readUInt16BE(at + 1) === types.AAAA ? 'AAAA' : 'A'
  return { name: labels.join('.').toLowerCase(), type, question: query.subarray(12, at + 5) }
}

function recordsOf(name: string, answers: readonly Answer[], wanted: 'A' | 'AAAA'): Buffer[] {
  return answers.flatMap((answer) => {
    if ('cname' in answer)
      return [
        record(name, 'CNAME', encodeName(answer.cname)),
        ...recordsOf(answer.cname, answer.then, wanted),
      ]
    if ('a' in answer)
      return wanted === 'A' ? [record(name, 'A', Buffer.from(answer.a.split('.').map(Number)))] : []
    return wanted === 'AAAA' ? [record(name, 'AAAA', encodeIpv6(answer.aaaa))] : []
  })
}

/** No time to live: nobody may keep it. */
function record(name: string, type: keyof typeof types, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(types[type], 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([encodeName(name), fixed, data])
}

const encodeName = (name: string) =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ])

function encodeIpv6(text: string): Buffer {
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => part.split(':').filter(Boolean)
  const [front, back] = [groups(head), groups(tail ?? '')]
  const gap = Array.from({ length: 8 - front.length - back.length }, () => '0')
  const all = [...front, ...gap, ...back].map((group) => Number.parseInt(group, 16))
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]))
}

import { readFileSync } from 'node:fs'
import type { ConfiguredServer } from '../types.ts'
import { aboutServer, type Finding, finding } from './finding.ts'
import { isThisMachine } from './starts.ts'

/** Servers of this machine that others can reach: told to by their settings, or seen to listen. */
export function exposureFindings(
  server: ConfiguredServer,
  listening: ReadonlySet<number>,
): Finding[] {
  const { env, args, url } = server
  const about = aboutServer(server)
  const places = [
    ...Object.entries(env).flatMap(([name, value]) =>
      isHostName(name) && ANY.test(value) ? [`environment variable ${name}`] : [],
    ),
    ...inArguments(args),
    ...(url !== null && isOpenUrl(url, listening) ? ['URL'] : []),
  ]
  return places.map((where) => finding('doctor.listens_everywhere', about, where))
}

/** All addresses of this machine, in IPv4 and IPv6, with or without a port. */
const ANY = /^(?:0\.0\.0\.0|\*|::|\[::\]|0)(?::\d{1,5})?$/

const isHostName = (name: string) =>
  /(?:^|_)(?:host|hostname|bind|listen|address|addr|ip|interface)(?:_|$)/i.test(name)

function inArguments(args: readonly string[]): string[] {
  return args.flatMap((word, index) => {
    const [, flag = '', joined] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? []
    const value = joined ?? args[index + 1] ?? ''
    if (flag === '')
      return /^(?:0\.0\.0\.0|\[::\]):\d{1,5}$/.test(word) && !takesValue(args[index - 1])
        ? [`argument ${index + 1}`]
        : []
    if (/^(?:p|publish)$/.test(flag) && isContainer(args) && isOpenPort(value))
      return [`argument --${flag}`]
    return isHostName(flag.replaceAll('-', '_')) && ANY.test(value) ? [`argument --${flag}`] : []
  })
}

const takesValue = (before = '') =>
  /^--?[\w-]+$/.test(before) && isHostName(before.replace(/^-+/, '').replaceAll('-', '_'))

const isContainer = (args: readonly string[]) => args.includes('run') || args.includes('create')

/** `8080:80` publishes on every interface, `127.0.0.1:8080:80` on one. */
const isOpenPort = (value: string) =>
  /^(?:(?:0\.0\.0\.0|\[::\]|::):)?\d{1,5}(?::\d{1,5})?(?:\/\w+)?$/.test(value)

function isOpenUrl(text: string, listening: ReadonlySet<number>): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || !isThisMachine(url.hostname)) return false
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  return /^(?:0\.0\.0\.0|\[::\])$/.test(url.hostname) || listening.has(port)
}

/** TCP ports that something of this machine listens on, on every interface. Known on Linux only; else none. */
export function openPorts(read: (file: string) => string = readText): ReadonlySet<number> {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => read(file).split('\n'))
  return new Set(
    lines.flatMap((line) => {
      // `sl local_address rem_address st`, in hexadecimal; 0A is LISTEN.
      const [, local = '', , state] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      return state === '0A' && /^0+$/.test(address) ? [Number.parseInt(port, 16)] : []
    }),
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

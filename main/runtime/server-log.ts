import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { printable } from './stderr-tail.ts'

/**
 * What local servers write to stderr, a file for each in a folder of mode 0700: masked, without control characters, and
 * never more than twice the size that one file may have.
 */
export interface ServerLogs {
  /** Takes what one process writes; whoever does not end its lines has them ended. */
  writer(name: string, mask: (text: string) => string): LogWriter
  /** The last lines, oldest first. */
  read(name: string, lines: number): Promise<string[]>
  remove(name: string): Promise<void>
}

export interface LogWriter {
  push(chunk: Buffer): void
  /** Nothing more comes. */
  end(): void
}

const MAX_FILE = 1024 * 1024
/** What is longer is cut; it is masked as a whole before, so that no part of a secret is left over. */
const MAX_LINE = 8 * 1024
/** A line that does not end by itself is read so far. */
const MAX_OPEN_LINE = 64 * 1024
/**
 * Characters that are masked at once, and in a millisecond after that: looking for credentials takes a few microseconds for
 * each, and everybody's calls wait meanwhile. What is beyond is lost, too.
 */
const MASKED = { atOnce: 256 * 1024, everyMs: 64 }
/** What a line costs beside its characters. */
const LINE_COST = 16
/** What may wait for the disk; a server that writes faster loses lines, and the log says how many. */
const MAX_WAITING = 1024 * 1024

export function createServerLogs(
  folder: string,
  { clock = Date.now, maxFile = MAX_FILE }: { clock?: () => number; maxFile?: number } = {},
): ServerLogs {
  const files = new Map<string, LogFile>()
  const fileOf = (name: string): LogFile => {
    const file = files.get(name) ?? createLogFile(path.join(folder, `${name}.log`), maxFile, clock)
    files.set(name, file)
    return file
  }

  return {
    writer(name, mask) {
      const file = fileOf(name)
      const decoder = new StringDecoder('utf8')
      let open = ''
      /** The rest of a line that was cut is passed over. */
      let cut = false
      const write = (line: string) => {
        if (!cut && line !== '')
          file.append(line.length, () => {
            const text = mask(printable(mask(line))).trim()
            const whole = text.length <= MAX_LINE ? text : `${text.slice(0, MAX_LINE - 1)}…`
            return `${new Date(clock()).toISOString()} ${whole}\n`
          })
        cut = false
      }
      return {
        push(chunk) {
          const lines = (open + decoder.write(chunk)).split('\n')
          open = lines.pop() ?? ''
          for (const line of lines) write(line)
          if (cut) open = ''
          if (open.length <= MAX_OPEN_LINE) return
          write(open)
          open = ''
          cut = true
        },
        end() {
          write(open + decoder.end())
          open = ''
        },
      }
    },
    async read(name, lines) {
      const text = await fileOf(name).read()
      return text.split('\n').slice(0, -1).slice(-lines)
    },
    remove: (name) => fileOf(name).remove(),
  }
}

interface LogFile {
  /** @param length of what `make` has to look at; it is called only where there is room */
  append(length: number, make: () => string): void
  read(): Promise<string>
  remove(): Promise<void>
}

function createLogFile(file: string, maxFile: number, clock: () => number): LogFile {
  const older = `${file}.1`
  let waiting = ''
  let lost = 0
  let work: Promise<void> = Promise.resolve()
  let scheduled = false
  let left = MASKED.atOnce
  let since = clock()

  function isAffordable(length: number): boolean {
    const now = clock()
    left = Math.min(MASKED.atOnce, left + Math.max(0, now - since) * MASKED.everyMs)
    since = now
    if (length + LINE_COST > left) return false
    left -= length + LINE_COST
    return true
  }

  /** One after the other. A disk that takes nothing loses lines, and holds up nobody. */
  const next = (step: () => Promise<void>) => {
    work = work.then(step).catch(() => {})
    return work
  }

  async function flush(): Promise<void> {
    scheduled = false
    const text = lost === 0 ? waiting : `${waiting}(${lost} lines are left out)\n`
    waiting = ''
    lost = 0
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    )
    if (size > 0 && size + Buffer.byteLength(text) > maxFile) await rename(file, older)
    await appendFile(file, text, { mode: 0o600 })
  }

  const textOf = (place: string) => readFile(place, 'utf8').catch(() => '')

  return {
    append(length, make) {
      const line = isAffordable(length) ? make() : null
      if (line === null || waiting.length + line.length > Math.min(MAX_WAITING, maxFile)) lost++
      else waiting += line
      if (scheduled) return
      scheduled = true
      void next(flush)
    },
    async read() {
      await work
      return (await textOf(older)) + (await textOf(file))
    },
    remove: () =>
      next(async () => {
        await rm(file, { force: true })
        await rm(older, { force: true })
      }),
  }
}

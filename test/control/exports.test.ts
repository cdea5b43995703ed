import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { exportHandlers } from '../../main/control/exports.ts'
import { WarderError } from '../../main/errors.ts'
import type { FileKeeper } from '../../main/ports.ts'
import { accountSample, secretSample } from '../cli/views.ts'
import { auditRows } from '../e2e/page-world.ts'
import { testHome } from '../harness/home.ts'
import { refusal } from './world.ts'

const rows = auditRows(1_250)

/** What is kept, by what became of it. */
function keeper(answer: 'yes' | 'no' = 'yes') {
  const log: string[] = []
  let text = ''
  const files: FileKeeper = {
    async choose(name) {
      log.push(`choose ${name.replace(/\d{4}-\d\d-\d\d/, 'DAY')}`)
      if (answer === 'no') return null
      return {
        write(part) {
          text += part
        },
        finish: () => log.push('finish'),
        discard: () => log.push('discard'),
      }
    },
  }
  return { files, log, text: () => text }
}

function start(files: FileKeeper | null, home = '/nowhere') {
  let asked = 0
  const handlers = exportHandlers(
    { home, files },
    {
      'accounts:list': async () => [{ ...accountSample, account: 'linear/ada\u202e@example.com' }],
      'secrets:list': async () => [{ ...secretSample, name: 'search', server: 'search' }],
      'receipts:export': async () => {
        throw new WarderError('vault.locked', 'The vault is locked.')
      },
      'audit:query': async ({ before, client, limit }) => {
        asked += 1
        return rows
          .filter((row) => (before === undefined || row.seq < before) && row.client === client)
          .slice(0, limit)
      },
    },
  )
  const begin = async (input: Parameters<(typeof handlers)['exports:begin']>[0]) => {
    const { file } = await handlers['exports:begin'](input)
    if (file === null) throw new Error('The person said no.')
    return file
  }
  const whole = async (id: string) => {
    let text = ''
    for (;;) {
      const part = await handlers['exports:next']({ id })
      text += part.text ?? ''
      if (part.done) return { text, rows: part.rows }
    }
  }
  return { handlers, begin, whole, asked: () => asked }
}

const audit = { what: 'audit' as const, filter: { client: 'claude-desktop' } }
const wanted = rows.filter(({ client }) => client === 'claude-desktop')

it('gives the browser a file part by part, every row that the filter lets through', async () => {
  const { begin, whole, handlers, asked } = start(null)
  const { id, name } = await begin(audit)
  expect(name).toMatch(/^warder-audit-\d{4}-\d\d-\d\d\.jsonl$/)
  const { text, rows: count } = await whole(id)
  expect(text).toBe(wanted.map((row) => `${JSON.stringify(row)}\n`).join(''))
  expect(count).toBe(wanted.length)
  expect(asked()).toBeGreaterThan(1)
  await refusal(handlers['exports:next']({ id }), 'export.unknown')
})

it('writes where the person said, and tells the page no word of it', async () => {
  const kept = keeper()
  const { begin, whole } = start(kept.files)
  const { id } = await begin(audit)
  expect(await whole(id)).toEqual({ text: '', rows: wanted.length })
  expect(kept.text()).toBe(wanted.map((row) => `${JSON.stringify(row)}\n`).join(''))
  expect(kept.log).toEqual(['choose warder-audit-DAY.jsonl', 'finish'])
})

it('makes nothing where the person says no, and asks only once at a time', async () => {
  const refused = keeper('no')
  const { handlers, asked } = start(refused.files)
  expect(await handlers['exports:begin'](audit)).toEqual({ file: null })
  expect(asked()).toBe(0)

  const open = Promise.withResolvers<null>()
  const busy = start({ choose: () => open.promise }).handlers
  const first = busy['exports:begin'](audit)
  await refusal(busy['exports:begin']({ what: 'sheet' }), 'export.busy')
  open.resolve(null)
  expect(await first).toEqual({ file: null })
})

it('leaves nothing of what is given up, fails, or is pushed out by others', async () => {
  const kept = keeper()
  const { handlers, begin } = start(kept.files)
  const { id } = await begin(audit)
  await handlers['exports:next']({ id })
  const under = handlers['exports:next']({ id })
  await handlers['exports:cancel']({ id })
  await refusal(under, 'export.unknown')
  expect(kept.log.slice(1)).toEqual(['discard'])

  const failing = await begin({ what: 'receipts' })
  await refusal(handlers['exports:next'](failing), 'vault.locked')
  expect(kept.log.slice(2)).toEqual(['choose warder-receipts-DAY.json', 'discard'])

  const oldest = await begin(audit)
  for (let at = 0; at < 4; at++) await begin(audit)
  await refusal(handlers['exports:next'](oldest), 'export.unknown')
  expect(kept.log.filter((line) => line === 'discard')).toHaveLength(3)
})

it('makes the sheet and the set-up of the command line, with hostile text spelled out', async () => {
  await using home = await testHome()
  const config = { servers: { search: { url: 'https://search.example/mcp' } } }
  writeFileSync(path.join(home.path, 'config.json'), JSON.stringify(config))
  const { begin, whole } = start(null, home.path)
  const sheet = await begin({ what: 'sheet' })
  expect(sheet.name).toMatch(/^warder-lost-laptop-.*\.txt$/)
  const { text } = await whole(sheet.id)
  expect(text).toContain('[ ] linear/ada\\u{202e}@example.com\n')
  expect(text).toContain('[ ] search, of search at https://search.example, set ')
  const setup = JSON.parse((await whole((await begin({ what: 'setup' })).id)).text)
  expect(setup).toMatchObject({ warderSetup: 1, config: { servers: config.servers } })
})

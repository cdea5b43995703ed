import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { formsOf } from '../../main/audit/mask.ts'
import type { Output } from '../../preload/contract/index.ts'
import { refusal, startWorld } from './world.ts'

const VALUE = 'q7Rz2LmW9xKb4Vt8Yc3N'
const headers = { 'X-Api-Key': VALUE, Authorization: 'Bearer ${NOTES_TOKEN}', 'X-Team': 'blue' }
const text = JSON.stringify({
  mcpServers: {
    'My Notes': { url: `https://notes.example/mcp?token=${VALUE}2`, headers },
    old: { type: 'sse', url: 'https://old.example/sse' },
  },
})

it('what was pasted is shown without a value, and its credentials go to the vault with its server', async () => {
  await using world = await startWorld()
  const read = (await world.call('pasted:read', { text })) as Output<'pasted:read'>
  expect(read).toMatchObject([
    {
      name: 'my-notes',
      definition: {
        url: 'https://notes.example/mcp',
        headers: { 'X-Api-Key': 'secret:my-notes-x-api-key', 'X-Team': 'blue' },
        query: { token: 'secret:my-notes-token' },
      },
      secrets: [
        { title: 'X-Api-Key', given: true },
        { title: 'Authorization', given: false },
        { title: 'token', given: true },
      ],
      problem: null,
    },
    { name: 'old', definition: null, problem: expect.stringContaining('HTTP+SSE') },
  ])
  expect(formsOf(VALUE).filter((form) => JSON.stringify(read).includes(form))).toEqual([])

  const wanted = { text, place: 0, name: 'notes' }
  await refusal(world.call('pasted:add', wanted), 'usage.invalid')
  const values = ['a-token-of-mine']
  // Nobody has agreed yet, so nothing is kept.
  const { challenge } =
    (await refusal(world.call('pasted:add', { ...wanted, values }), 'presence.required')).details ??
    {}
  expect(await world.call('secrets:list', {})).toEqual([])

  await world.call('pasted:add', { ...wanted, values, confirm: challenge })
  const secrets = (await world.call('secrets:list', {})) as Output<'secrets:list'>
  expect(secrets).toMatchObject([
    { name: 'notes-authorization', server: 'notes' },
    { name: 'notes-token', server: 'notes' },
    { name: 'notes-x-api-key', server: 'notes' },
  ])
  const config = await readFile(path.join(world.home, 'config.json'), 'utf8')
  expect(config).toContain('"secret:notes-authorization"')
  expect([VALUE, ...values].filter((value) => config.includes(value))).toEqual([])

  await refusal(
    world.agree('pasted:add', { ...wanted, name: 'b', values, place: 1 }),
    'server.import_invalid',
  )
  await refusal(world.call('pasted:add', { ...wanted, values }), 'server.exists')
  expect(await world.call('secrets:list', {})).toEqual(secrets)
})

it('two that are added at once share no secret, and the second takes no place of the first', async () => {
  const answers: (() => void)[] = []
  const asked = Promise.withResolvers<void>()
  await using world = await startWorld({
    confirm: () =>
      new Promise((resolve) => {
        answers.push(() => resolve(true))
        if (answers.length === 2) asked.resolve()
      }),
  })
  const pasted = (key: string) =>
    JSON.stringify({
      mcpServers: { crm: { url: 'https://crm.example/mcp', headers: { 'X-Api-Key': key } } },
    })
  const add = (key: string) =>
    world.call('pasted:add', { text: pasted(key), place: 0, name: 'crm' })
  const first = add('the-key-of-the-first')
  const second = add('the-key-of-the-second')
  await asked.promise
  const names = async () =>
    ((await world.call('secrets:list', {})) as Output<'secrets:list'>).map(({ name }) => name)
  expect(await names()).toEqual(['crm-x-api-key', 'crm-x-api-key-2'])
  answers[0]?.()
  await first
  answers[1]?.()
  await refusal(second, 'server.exists')
  expect(await names()).toEqual(['crm-x-api-key'])
  const config = await readFile(path.join(world.home, 'config.json'), 'utf8')
  expect(config).toContain('"secret:crm-x-api-key"')
  expect(config).not.toContain('crm-x-api-key-2')
})

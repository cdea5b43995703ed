import { describe, expect, it } from 'vitest'
import { asksFirst, startStandIn } from './stand-in.ts'
import { accountSample, importSample, receiptSample } from './views.ts'
import { document, warder } from './warder.ts'

const { id, file } = importSample
const whole = { files: [file], problem: null }
const broken = { files: [], problem: `${file} is no longer what was read.` }

describe('import adopt', () => {
  const challenge = { title: 'Adopt for linear what mcp-remote keeps', lines: [`${file} holds it`] }
  const adopted = { account: accountSample, rotated: true, shredded: null }

  it('asks a person first, and says what is left to do', async () => {
    await using companion = await startStandIn({ 'imports:adopt': asksFirst(challenge, adopted) })
    const args = ['import', 'adopt', id, '--server', 'linear', '--home', companion.home]
    expect((await warder([...args, '--json'])).code).toBe(4)
    const done = await warder([...args, '--account', 'ada', '--yes'])
    expect(done.code).toBe(0)
    expect(done.stderr).toContain(`${file} holds it`)
    expect(done.stdout).toContain('Adopted as linear/ada@example.com, with read, write.')
    expect(done.stdout).toContain(`warder import shred ${id}`)
    expect(companion.calls.at(-1)?.input).toEqual({
      ...{ id, server: 'linear', account: 'ada', shred: false, confirm: 'the-challenge' },
    })
  })

  it('warns where the copy in the file is as good as ever', async () => {
    const answer = { ...adopted, rotated: false }
    await using companion = await startStandIn({ 'imports:adopt': () => answer })
    const done = await warder(['import', 'adopt', id, '--server', 'a', '--home', companion.home])
    expect(done.stdout).toContain('the copy in the file is as good as yours')
  })

  it('needs a server', async () => {
    expect((await warder(['import', 'adopt', id, '--home', '/nonexistent'])).code).toBe(2)
  })
})

describe('import revoke', () => {
  it.each([
    [[], { id, shred: false }, null, 0, `Its file is still there: warder import shred ${id}`],
    [['--shred'], { id, shred: true }, whole, 0, `Shredded: ${file}`],
    [['--server', 'a', '--shred'], { id, server: 'a', shred: true }, broken, 1, 'NOT shredded'],
  ])('%j', async (more, input, shredded, code, words) => {
    const answer = { receipts: [receiptSample], shredded }
    await using companion = await startStandIn({ 'imports:revoke': () => answer })
    const args = ['import', 'revoke', id, ...more, '--home', companion.home]
    const text = await warder(args)
    expect(text.code).toBe(code)
    expect(text.stdout).toContain('linear/ada@example.com: out of use here')
    expect(text.stdout).toContain(words)
    expect(document(await warder([...args, '--json']))).toEqual(answer)
    expect(companion.calls[0]).toEqual({ channel: 'imports:revoke', input })
  })
})

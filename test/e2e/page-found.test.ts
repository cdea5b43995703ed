import { describe, expect, it } from 'vitest'
import {
  button,
  companion,
  complaints,
  dialog,
  eventually,
  heard,
  open,
  page,
  servePage,
} from './page-fixture.ts'

servePage()

describe('tokens in plain files', () => {
  const section = () => page.getByRole('region', { name: 'Found on this machine' })
  const { id, file } = { id: '3f2a91c07d54', file: '0_tokens.json' }

  it('are shown, adopted once a person agrees, and shredded', async () => {
    companion.world.imports = [companion.world.found]
    await open('Servers')
    for (const words of [
      'Found on this machine: 1 token in plain files',
      'mcp-remote, of github',
      'Readable by others',
    ])
      await section().getByText(words, { exact: true }).waitFor()

    await section().getByRole('button', { name: 'Adopt' }).click()
    expect(heard('imports:adopt')).toEqual([])
    await dialog().getByRole('button', { name: 'Adopt' }).click()
    await page.getByRole('heading', { name: 'Adopt for github what mcp-remote keeps' }).waitFor()
    await button('Confirm').click()
    await dialog().getByText('Warder keeps it now').waitFor()
    expect(heard('imports:adopt').at(-1)).toEqual({
      ...{ id, server: 'github', confirm: 'challenge-1' },
    })
    await button('Done').click()
    await section().getByText('Adopted as github/alice').waitFor()
    await eventually(() => section().getByRole('button').allInnerTexts()).toEqual(['Shred'])

    await section().getByRole('button', { name: 'Shred' }).click()
    await dialog().getByText('out of reach').waitFor()
    expect(heard('imports:shred')).toEqual([])
    await dialog().getByRole('button', { name: 'Shred' }).click()
    await dialog().getByText(file).waitFor()
    expect(heard('imports:shred')).toEqual([{ id }])
    await button('Done').click()
    await eventually(() => section().count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('are revoked with a receipt; without a server of ours there is nothing to adopt for', async () => {
    companion.world.imports = [{ ...companion.world.found, server: null }]
    await open('Servers')
    await section().getByRole('button', { name: 'Shred' }).waitFor()
    expect(await section().getByRole('button').allInnerTexts()).toEqual(['Revoke', 'Shred'])
    await section().getByRole('button', { name: 'Revoke' }).click()
    await dialog().getByRole('button', { name: 'Revoke' }).click()
    await dialog().getByText('Proven: every token is dead').waitFor()
    expect(heard('imports:revoke')).toEqual([{ id }])
    expect(complaints).toEqual([])
  })
})

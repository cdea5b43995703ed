import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 8252 §8.12: the provider's page opens in the person's own browser, never in a view of ours. */

it('hands the whole request to the browser, and loads nothing of it itself', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  await signIn.open()
  signIn.cancel()
  expect(house.opened).toEqual([signIn.url])
  expect(provider.to('/authorize')).toEqual([])
})

it('has one caller of the Browser port, and no view that loads a page of somebody else', async () => {
  const main = path.join(import.meta.dirname, '../../../main')
  const files = (await readdir(main, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const source = await Promise.all(
    files.map(async (file) => [file, await readFile(path.join(main, file), 'utf8')] as const),
  )
  const using = (what: RegExp) => source.filter(([, text]) => what.test(text)).map(([file]) => file)
  expect(files.length).toBeGreaterThan(100)
  expect(using(/\bbrowser\.open\(/)).toEqual(['oauth/browser.ts'])
  expect(using(/<webview|\bWebContentsView\b|\bBrowserView\b|\bloadFile\(/)).toEqual([])
})

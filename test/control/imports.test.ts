import { expect, it } from 'vitest'
import type { ControlHouse } from '../../main/control/house.ts'
import { importHandlers } from '../../main/control/imports.ts'
import { createPresence } from '../../main/headless/presence.ts'
import type { Allow } from '../../main/oauth/foreign-grant.ts'
import { configSchema } from '../../main/store/config-schema.ts'
import { refusal } from './world.ts'

/** Discovery finds this issuer, and nothing in the file bears it out; what is sent after is a note in `sent`. */
function houseAt(issuer: string) {
  const sent: string[] = []
  const found = { issuer }
  const ask = async (allow: Allow) => {
    await allow({ issuer: found.issuer, borneOut: false })
    sent.push(found.issuer)
    throw new Error('sent')
  }
  const cached = {
    ...{ id: 'f00d', program: 'opencode', file: '/home/ada/mcp-auth.json', companions: [] },
    ...{ issuer: null, tokenEndpoint: null, refreshToken: 'r', isOf: () => false },
    serverUrl: 'https://notes.example/mcp',
  }
  const servers = { notes: { url: 'https://notes.example/mcp', auth: 'oauth' } }
  const house = {
    config: { current: () => configSchema.parse({ servers }) },
    stop: { refuse: () => {} },
    presence: createPresence(),
    tokenCaches: { find: () => cached },
    grants: {
      adopt: (_server: unknown, _foreign: unknown, { allow }: { allow: Allow }) => ask(allow),
      revokeForeign: (_server: unknown, _foreign: unknown, allow: Allow) => ask(allow),
    },
  } as unknown as ControlHouse
  return { handlers: importHandlers(house), sent, found }
}

it.each(['imports:adopt', 'imports:revoke'] as const)(
  '%s names the host that would get the tokens, and a yes is good for that one alone',
  async (channel) => {
    const { handlers, sent, found } = houseAt('https://login.example/tenant')
    const call = (answer?: string) =>
      handlers[channel]({ id: 'f00d', server: 'notes', shred: false, confirm: answer })
    const asked = await refusal(call(), 'presence.required')
    expect(`${asked.details?.lines}`).toContain('login.example (https://login.example/tenant)')
    expect(sent).toEqual([])

    found.issuer = 'https://evil.example'
    const anew = await refusal(call(String(asked.details?.challenge)), 'presence.required')
    expect(`${anew.details?.lines}`).toContain('evil.example')
    expect(sent).toEqual([])

    found.issuer = 'https://login.example/tenant'
    const { challenge } = (await refusal(call(), 'presence.required')).details ?? {}
    await expect(call(String(challenge))).rejects.toThrow('sent')
    expect(sent).toEqual([found.issuer])
  },
)

import { expect, test } from 'vitest'
import { z } from 'zod'
import { wiringClient } from '../../main/wiring/clients/index.ts'
import { formats } from '../../main/wiring/formats/index.ts'
import type { ClientId } from '../../main/wiring/types.ts'
import { testHome } from '../harness/home.ts'
import { wiringFor } from './house.ts'

/** What the readers of clients that do not run here take, as their sources have it. */
const readers: Partial<Record<ClientId, z.ZodType>> = {
  // Its schema allows no other member, in the file and in an entry.
  vscode: z.strictObject({
    servers: z.record(
      z.string(),
      z.strictObject({
        type: z.literal('stdio'),
        command: z.string(),
        args: z.array(z.string()),
        env: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
  // A tagged union in 2025, an untagged one later: the first needs `source`, both need `args`.
  zed: z.object({
    context_servers: z.record(
      z.string(),
      z.object({
        source: z.literal('custom'),
        command: z.string(),
        args: z.array(z.string()),
        env: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
  goose: z.object({
    extensions: z.record(
      z.string(),
      z.object({
        enabled: z.boolean(),
        type: z.literal('stdio'),
        name: z.string(),
        description: z.string(),
        cmd: z.string(),
        args: z.array(z.string()),
        envs: z.record(z.string(), z.string()),
        env_keys: z.array(z.string()),
        timeout: z.int().positive().nullable(),
        bundled: z.boolean().nullable(),
      }),
    ),
  }),
}

test.each(Object.entries(readers))('%s takes what is written', async (id, reader) => {
  await using user = await testHome()
  const client = wiringClient(id)
  const { after } = wiringFor(user.path, 'linux').planWire(client, 'user')
  const content = formats[client.format].parse(after?.toString() ?? '')
  expect(reader?.safeParse(content).error).toBeUndefined()
})

import { expect, test } from 'vitest'
import { z } from 'zod'
import { wiringClient } from '../../main/wiring/clients/index.ts'
import { formats } from '../../main/wiring/formats/index.ts'
import type { ClientId } from '../../main/wiring/types.ts'
import { testHome } from '../harness/home.ts'
import { wiringFor } from './house.ts'

/**
 * What the readers of clients that do not run here take, as their sources had it on 2026-11-21:
 *
 * - microsoft/vscode 0b37532c, `src/vs/workbench/contrib/mcp/common/mcpConfiguration.ts` (`mcpServerSchema`)
 * - zed-industries/zed 006ce515, `crates/settings_content/src/project.rs` (`ContextServerSettingsContent`)
 * - block/goose 01cad15f, `crates/goose/src/agents/extension.rs` (`ExtensionConfig::Stdio`), and `enabled` of `ExtensionEntry`
 * - openai/codex 00b17c26, `codex-rs/config/src/mcp_types.rs` (`RawMcpServerConfig`); the program itself reads it in the long tier
 */
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
  // Read without `deny_unknown_fields`, but its schema for editors has that; nothing of HTTP may stand beside a command.
  codex: z.object({
    mcp_servers: z.record(
      z.string(),
      z.strictObject({
        command: z.string(),
        args: z.array(z.string()).optional(),
        startup_timeout_sec: z.number().positive().optional(),
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

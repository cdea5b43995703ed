/**
 * The client that the official suite starts, with the URL of its server as last argument: the shipped Warder with a
 * person in front of it and a client of the 1.x SDK behind its shim. Exit code 0 where every call went through.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { callsFor, contextOf } from './scenario.ts'
import { openUser, type User } from './user.ts'

/** A person signs in as often as Warder asks for it; one who is asked again and again gives up. */
const PATIENCE = 5

try {
  await drive(process.argv.at(-1) ?? '', process.env.MCP_CONFORMANCE_SCENARIO ?? '')
} catch (error) {
  // The suite shows this text beside the checks that failed.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function drive(url: string, scenario: string): Promise<void> {
  const context = contextOf(process.env.MCP_CONFORMANCE_CONTEXT)
  await using user = await openUser({ url, scenario, context })
  const { tools } = await patiently(user, (client) => client.listTools())
  for (const call of callsFor(tools, context))
    await patiently(user, (client) => client.callTool(call))
  const { resources, prompts } = user.client.getServerCapabilities() ?? {}
  if (resources !== undefined && looksAtEverything(scenario)) await readResources(user.client)
  if (prompts !== undefined && looksAtEverything(scenario)) await getPrompts(user.client)
}

/** The one scenario that looks at more than tools; to the others such calls are none of theirs. */
const looksAtEverything = (scenario: string) => scenario === 'http-standard-headers'

async function readResources(client: Client): Promise<void> {
  for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri })
}

async function getPrompts(client: Client): Promise<void> {
  for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name })
}

async function patiently<T>(user: User, ask: (client: Client) => Promise<T>): Promise<T> {
  for (let signIns = 0; ; signIns++)
    try {
      return await ask(user.client)
    } catch (error) {
      if (signIns === PATIENCE || !user.isToldToConnect(error)) throw error
      await user.connect()
    }
}

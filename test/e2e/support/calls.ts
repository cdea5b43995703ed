import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'

/** Calls the reference server's tool that says what it was told. */
export const echo = (client: Client, message = 'hello') => call(client, 'echo', { message })

/** @returns the text of a tool's answer */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args })
  return textOf(content)
}

const texts = z.array(z.looseObject({ text: z.string().optional() }))

const textOf = (content: unknown) =>
  texts
    .parse(content)
    .map(({ text }) => text ?? '')
    .join('\n')

export interface Refusal {
  readonly code: string
  readonly message: string
}

/** The stable code and the sentence of a call that Warder refused. @throws Error where the call went through */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await errorOf(call)
  if (!(error instanceof McpError)) throw error
  const { code } = z.object({ code: z.string() }).parse(error.data)
  return { code, message: error.message }
}

/** What a promise was rejected with. @throws Error where it was not */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It was expected to fail, and did not.')
}

export const toolNames = async (client: Client) =>
  (await client.listTools()).tools.map(({ name }) => name)

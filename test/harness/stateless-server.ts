/**
 * A server of the stateless revision made with the official SDK, over stdio. `reject` (the default) knows no sessions,
 * `serve` both eras.
 */
import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

let cancelled = 0

const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) }],
})

serveStdio(
  () => {
    const server = new McpServer(
      { name: 'stateless', version: '1' },
      { capabilities: { resources: { subscribe: true, listChanged: true } } },
    )
    server.registerResource('news', 'news://today', {}, async ({ href }) => ({
      contents: [{ uri: href, text: 'nothing' }],
    }))
    server.registerTool('echo', { inputSchema: z.looseObject({}) }, async (args) => text(args))
    server.registerTool('greet', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
      const schema = z.object({ name: z.string() })
      const given = acceptedContent(mcpReq.inputResponses, 'who', schema)
      if (given) return text(`Hello ${given.name}, ${mcpReq.requestState()}`)
      const question = { message: 'Who are you?', requestedSchema: schema }
      return inputRequired({
        inputRequests: { who: inputRequired.elicit(question) },
        requestState: 'the state',
      })
    })
    server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken
      if (progressToken !== undefined)
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress: 1 },
        })
      await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve))
      cancelled++
      return text('too late')
    })
    server.registerTool('cancelled', { inputSchema: z.object({}) }, async () => text(cancelled))
    server.registerTool('publish', { inputSchema: z.object({}) }, async () => {
      await server.server.sendResourceUpdated({ uri: 'news://today' })
      await server.server.sendResourceUpdated({ uri: 'news://secret' })
      return text('published')
    })
    server.registerTool('grow', { inputSchema: z.object({}) }, async () => {
      server.sendToolListChanged()
      return text('grown')
    })
    server.registerTool('die', { inputSchema: z.object({}) }, async () => process.exit(3))
    return server
  },
  { legacy: process.argv[2] === 'serve' ? 'serve' : 'reject' },
)

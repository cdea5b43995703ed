/**
 * A local server of both eras whose tools are what a file says at the moment that they are listed. Run as a program; its
 * argument is that file, and each call is written into `FILE.called`.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

const file = process.argv[2] ?? ''

serveStdio(
  () => {
    const server = new Server({ name: 'changing', version: '1' }, { capabilities: { tools: {} } })
    server.setRequestHandler('tools/list', async () => ({
      tools: JSON.parse(readFileSync(file, 'utf8')),
    }))
    server.setRequestHandler('tools/call', async ({ params: { name } }) => {
      appendFileSync(`${file}.called`, `${name}\n`)
      return { content: [{ type: 'text', text: `ran ${name}` }] }
    })
    return server
  },
  { legacy: 'serve' },
)

/**
 * The whole story on this machine, offline: a real identity provider, real MCP servers, a real client, the shipped
 * companion. `--once` runs it unattended with a headless Chromium that signs in; without it a person signs in, and the
 * page stays open until Ctrl-C.
 */
import { parseArgs } from 'node:util'
import { buildIfStale } from './build-if-stale.ts'
import { play } from './demo/story.ts'
import { usage } from './usage.ts'

const flag = { type: 'boolean', default: false } as const
const { values } = usage(() => parseArgs({ options: { once: flag, json: flag } }))

const built = await buildIfStale()
if (built !== 0) process.exit(built)
const held = await play({
  unattended: values.once,
  tell(step, ok, detail) {
    if (values.json) console.log(JSON.stringify({ step, ok, detail }))
    else console.log(`${ok ? '✓' : '✗'} ${step.padEnd(22)} ${detail}`)
  },
  say: (line) => console.error(line),
})
process.exitCode = held ? 0 : 1

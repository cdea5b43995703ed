import { run } from './cli/program.ts'
import { addServe } from './cli/serve-app.ts'
import { keepHeapSmall } from './heap.ts'
import { runShim } from './shim/shim.ts'

/**
 * `warder …` as it is installed beside the app: a single executable with a Node of its own, since the app's own runtime runs
 * nobody's scripts. It has the verbs that talk to the companion, and the shim; the companion is the app.
 */
const [, , verb, ...rest] = process.argv

async function main(): Promise<void> {
  if (verb === 'mcp') return void (await runShim(rest))
  keepHeapSmall()
  await run(process.argv.slice(2), addServe)
}

// A script of a single executable is no module, so nothing is awaited at its top.
void main()

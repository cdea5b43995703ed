#!/usr/bin/env node
/**
 * `warder …` on plain Node. Nothing is loaded before it is known what is asked for: the stdio shim starts with every
 * client and must be quick and small, and an old Node should hear a sentence rather than a stack trace. Built it is one
 * CommonJS script with the shim in it, because Node starts a module, and each further one, some milliseconds later.
 */
async function start(): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 13)) {
    const message = `Warder needs Node 22.13 or newer; this is Node ${process.versions.node}.`
    if (process.argv.includes('--json') && process.argv[2] !== 'mcp')
      process.stdout.write(
        `${JSON.stringify({ error: { code: 'install.node_too_old', message } })}\n`,
      )
    else process.stderr.write(`warder: ${message}\n`)
    process.exitCode = 1
  } else if (process.argv[2] === 'mcp') {
    const { runShim } = await import('./shim/shim.ts')
    await runShim(process.argv.slice(3))
  } else {
    const { runCommands } = await import('./cli/commands.ts')
    await runCommands(process.argv.slice(2))
  }
}

void start()

export {}

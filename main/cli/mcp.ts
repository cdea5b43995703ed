import { examples, type Verb } from './context.ts'

/**
 * Here for its help, and for `warder --home DIR mcp`: as the first argument `mcp` is dispatched by `cli.ts` before
 * any of this is loaded.
 */
export const addMcp: Verb = (program, action) => {
  program
    .command('mcp')
    .requiredOption('--client <name>', 'who the client is')
    .option('--server <name>', 'the one server it is for; all of them without it')
    .summary('the stdio bridge that clients start')
    .description(
      'Bridges a client that speaks MCP over stdio to the companion. Clients start it; people do not.',
    )
    .addHelpText('after', examples('warder mcp --client claude-desktop --server github'))
    .action(
      action(async ({ home }, options: { client: string; server?: string }) => {
        const { runShim } = await import('../shim/shim.ts')
        const server = options.server === undefined ? [] : ['--server', options.server]
        await runShim(['--home', home, '--client', options.client, ...server])
      }),
    )
}

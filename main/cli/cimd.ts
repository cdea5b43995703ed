import { examples, type Verb } from './context.ts'

export const addCimd: Verb = (program, action) => {
  program
    .command('cimd')
    .summary('the client ID metadata document to publish')
    .description(
      'Prints the client ID metadata document of this Warder. Publish it, as it is, at the URL that `settings.clientMetadataUrl` of config.json names: providers that take such documents then know Warder without registration. It holds no secret.',
    )
    .addHelpText('after', examples('warder cimd', 'warder cimd > client.json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('cimd:get', {}), (document) =>
          JSON.stringify(document, null, 2).split('\n'),
        )
      }),
    )
}

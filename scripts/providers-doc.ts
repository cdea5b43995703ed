/**
 * Writes docs/providers.md from the presets and the quirks: `node scripts/providers-doc.ts`. A test holds the page to
 * them.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Preset, presets } from '../main/servers/presets/presets.ts'
import { quirkNames, quirks } from '../main/store/quirks.ts'

export const providersPage = path.join(import.meta.dirname, '..', 'docs', 'providers.md')

const introduction = `# Identity providers

Made by \`node scripts/providers-doc.ts\`; do not edit this page.

Most servers need no profile: Warder finds their provider, registers itself and signs in. A profile is for the others.
It stands under \`providers\` in config.json, and every server that names it (\`"provider": "NAME"\`) is met as it says:

    {
      "providers": {
        "corp": {
          "issuer": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
          "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
          "quirks": ["no-pkce-metadata", "no-resource-parameter", "tenant-must-be-named"]
        }
      },
      "servers": {
        "tickets": { "url": "https://mcp.corp.example/tickets", "provider": "corp" },
        "wiki": { "url": "https://mcp.corp.example/wiki", "provider": "corp" }
      }
    }

- \`issuer\` takes the place of the authorization servers that the MCP server lists. The metadata still has to speak for
  exactly this issuer, and each of its endpoints passes the same checks as ever.
- \`clientSecret\` is \`secret:NAME\`, never the value. It is bound to the issuer: another one gets nothing.
- \`authorizeParams\` sets no parameter that Warder sets itself.
- Members of a server's own \`oauth\` go before those of its profile.
- A profile that makes a new exception, or sends a secret or a sign-in elsewhere, waits for your approval.

\`warder server add NAME --preset PRESET [--tenant T] [--url U]\` writes a profile; \`warder server presets\` lists what
Warder knows.

## Presets
`

/** The page as it has to be. */
export function providersDocument(): string {
  const rows = presets.map(({ name, serverUrl, tenant, profile, registration }) => [
    `\`${name}\``,
    code(serverUrl),
    code(profile.issuer),
    tenant === undefined ? '' : `${tenant.what}${tenant.usual ? `, else \`${tenant.usual}\`` : ''}`,
    registration === 'automatic' ? 'registers itself' : 'by hand',
    (profile.quirks ?? []).map(code).join(' '),
  ])
  const head = ['Preset', 'MCP server', 'Issuer', 'Tenant', 'Client', 'Quirks']
  return [
    introduction,
    table(head, rows),
    ...presets.map(details),
    '## Quirks\n\nWhat a provider does otherwise than the specification asks. Without its name, nothing is excused. The quirks\nof a sign-in stay with the account: `warder accounts` shows them.\n',
    table(
      ['Quirk', 'The provider', 'What Warder does'],
      quirkNames.map((name) => [code(name), quirks[name].known, quirks[name].effect]),
    ),
  ].join('\n')
}

function details({ title, notes, sources, profile }: Preset): string {
  const page =
    profile.revokePage === undefined ? [] : [`Access is taken back at <${profile.revokePage}>.`]
  const from =
    sources.length === 0 ? [] : [`Sources: ${sources.map((url) => `<${url}>`).join(', ')}`]
  return `### ${title}\n\n${[...notes, ...page, ...from].map((line) => `- ${line}`).join('\n')}\n`
}

const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

if (process.argv[1] === import.meta.filename) writeFileSync(providersPage, providersDocument())

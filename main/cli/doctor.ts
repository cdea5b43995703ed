import { homedir } from 'node:os'
import { type Diagnosis, diagnose } from '../wiring/doctor/diagnose.ts'
import type { Finding } from '../wiring/doctor/finding.ts'
import { type Context, examples, type Verb } from './context.ts'
import type { Line } from './output.ts'

export const addDoctor: Verb = (program, action) => {
  program
    .command('doctor')
    .summary('what is wrong with the MCP clients and servers of this machine')
    .description(
      'Looks at every MCP client, its servers and what they keep: credentials in clear text, token files, servers that cannot start, files and ports that are open to others. Changes nothing, and needs no companion. Exits with 1 where something was found.',
    )
    .addHelpText('after', examples('warder doctor', 'warder doctor --json'))
    .action(action(look))
}

async function look({ home, output }: Context): Promise<void> {
  const diagnosis = await diagnose(whereOf(), { home })
  output.result({ findings: diagnosis.findings }, () => lines(diagnosis))
  if (diagnosis.findings.length > 0) process.exitCode = 1
}

/** As the clients of this user see this machine. */
export function whereOf() {
  const { env, platform } = process
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
  return { home, env, platform, folder: process.cwd() }
}

function lines({ clients, findings }: Diagnosis): Line[] {
  const installed = clients.filter(({ installed }) => installed)
  const known = installed.map(({ client, files }) => {
    const servers = files.flatMap((file) => file.servers)
    const ours = servers.filter((server) => server.ours).length
    return `  ${client.title}: ${count(servers.length - ours)}${ours > 0 ? ', and Warder' : ''}`
  })
  return [
    installed.length === 0 ? 'No MCP client was found.' : 'Clients:',
    ...known,
    '',
    ...(findings.length === 0 ? ['Nothing is wrong.'] : findings.flatMap(findingLines)),
  ]
}

const count = (servers: number) => (servers === 1 ? '1 server' : `${servers} servers`)

function findingLines({
  code,
  severity,
  client,
  file,
  server,
  where,
  message,
  mend,
}: Finding): Line[] {
  const style = ({ high: 'red', medium: 'yellow', low: 'dim' } as const)[severity]
  const place = [server, where].filter((part) => part !== null).join(', ')
  return [
    [{ text: severity, style }, ` ${message}`],
    `  ${[client, place].filter((part) => part !== null && part !== '').join(': ')}`,
    ...(file === null ? [] : [`  ${file}`]),
    `  ${mend}`,
    [{ text: `  (${code})`, style: 'dim' }],
    '',
  ]
}

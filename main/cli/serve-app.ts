import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'

/** `serve` of the installed command line: the companion is the app, so that is what is started. */
export const addServe: Verb = (program, action) => {
  program
    .command('serve')
    .summary('start the app, without its window')
    .description(
      'Starts the Warder app in the background, and answers once it takes calls. The app has its own vault and settings.',
    )
    .addHelpText('after', examples('warder serve'))
    .action(action((context) => serveApp(context)))
}

/** How long the app may take until it listens, and how often it is looked for; milliseconds. */
const START_MS = 30_000
const LOOK_EVERY_MS = 100

/** @param app the program of the app, where it was installed beside this one unless said otherwise */
export async function serveApp(
  { control, output, home }: Pick<Context, 'control' | 'output' | 'home'>,
  app = appBeside(process.execPath, process.platform),
  startMs = START_MS,
): Promise<void> {
  const running = () => control.call('status:get', {}).catch(() => null)
  if ((await running()) !== null)
    throw new WarderError('instance.running', `A companion of ${home} runs already.`)
  if (!existsSync(app))
    throw new WarderError('companion.unreachable', `The Warder app is not at ${app}.`)
  const child = spawn(app, ['--background'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, WARDER_HOME: home },
  })
  let failed = false
  child.once('error', () => {
    failed = true
  })
  child.once('exit', (code) => {
    failed ||= code !== 0
  })
  const deadline = performance.now() + startMs
  for (;;) {
    const status = await running()
    if (status !== null) {
      child.unref()
      const { http, sockets, vault } = status
      output.element({ ready: true, http, sockets, vault: vault.kind }, (line) => [
        JSON.stringify(line),
      ])
      return
    }
    if (failed || performance.now() > deadline)
      throw new WarderError('companion.unreachable', `The Warder app at ${app} did not start.`)
    await delay(LOOK_EVERY_MS)
  }
}

/** This program lies in `bin` of the resources of the app. */
export function appBeside(program: string, platform: NodeJS.Platform): string {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const resources = paths.dirname(paths.dirname(program))
  switch (platform) {
    case 'darwin':
      return paths.join(paths.dirname(resources), 'MacOS', 'Warder')
    case 'win32':
      return paths.join(paths.dirname(resources), 'Warder.exe')
    default:
      return paths.join(paths.dirname(resources), 'warder')
  }
}

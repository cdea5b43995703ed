import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { decodePng, type Pixels } from './electron/png.ts'
import { testHome } from './home.ts'
import { bareEnvironment, endProcess } from './processes.ts'

/** A screen with a real panel on it, whose tray shows what joins its session bus. */
export interface Panel extends AsyncDisposable {
  /** Address of its session bus. */
  readonly bus: string
  /** @param file where the picture is kept as well */
  screenshot(file: string): Pixels
  click(x: number, y: number, button: 'left' | 'right'): void
  press(...keys: string[]): void
}

const NEEDED = ['Xvfb', 'xfce4-panel', 'xdotool', 'import', 'gdbus']

/** @returns the programs that are missing, none where a panel can be started */
export const missingForPanel = (): string[] => [
  ...NEEDED.filter(
    (name) =>
      !(process.env.PATH ?? '')
        .split(path.delimiter)
        .some((folder) => existsSync(path.join(folder, name))),
  ),
  ...(existsSync(path.join(import.meta.dirname, 'tray-host/node_modules')) ? [] : ['dbus-next']),
]

export async function startPanel(): Promise<Panel> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  writeConfiguration(home.path)
  // For what the bus starts as well: the panel's settings are such a service, and belong to nobody else's home.
  const own = {
    HOME: home.path,
    XDG_CONFIG_HOME: path.join(home.path, '.config'),
    XDG_CACHE_HOME: path.join(home.path, '.cache'),
    XDG_DATA_DIRS: '/usr/share',
    XDG_CONFIG_DIRS: '/etc/xdg',
    GDK_BACKEND: 'x11',
    NO_AT_BRIDGE: '1',
    DISPLAY: await startScreen(started),
  }
  const bus = await startBus(started, own)
  const all = { ...bareEnvironment(), ...own, DBUS_SESSION_BUS_ADDRESS: bus }
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { env: all, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const panel = spawn('xfce4-panel', ['--disable-wm-check'], { env: all, stdio: 'ignore' })
  started.defer(() => endProcess(panel))
  const host = [
    ...['call', '--session', '--dest', 'org.kde.StatusNotifierWatcher'],
    ...[
      '--object-path',
      '/StatusNotifierWatcher',
      '--method',
      'org.freedesktop.DBus.Properties.Get',
    ],
    ...['org.kde.StatusNotifierWatcher', 'IsStatusNotifierHostRegistered'],
  ]
  await until('the panel has a tray', () => run('gdbus', host).includes('true'))
  const resources = started.move()
  return {
    bus,
    screenshot(file) {
      mkdirSync(path.dirname(file), { recursive: true })
      run('import', ['-window', 'root', `png32:${file}`])
      return decodePng(readFileSync(file))
    },
    click: (x, y, button) =>
      void run('xdotool', [
        'mousemove',
        String(x),
        String(y),
        'click',
        button === 'left' ? '1' : '3',
      ]),
    press: (...keys) => void run('xdotool', ['key', '--delay', '80', ...keys]),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** A panel below which nothing else is: the default one has a dock, a clock and questions. */
function writeConfiguration(home: string): void {
  const folder = path.join(home, '.config/xfce4/xfconf/xfce-perchannel-xml')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'xfce4-panel.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="icon-size" type="int" value="24"/>
    </property>
  </property>
</channel>
`,
  )
}

/** One with the services of the system, since the panel's settings are one of them. */
async function startBus(
  started: AsyncDisposableStack,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  started.defer(() => endProcess(bus))
  const [chunk] = (await once(bus.stdout, 'data')) as [Buffer]
  return String(chunk).trim()
}

async function startScreen(started: AsyncDisposableStack): Promise<string> {
  const server = spawn(
    'Xvfb',
    ['-displayfd', '1', '-screen', '0', '1024x600x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  started.defer(() => endProcess(server))
  const [chunk] = (await once(server.stdout, 'data')) as [Buffer]
  return `:${String(chunk).trim()}`
}

/** What draws on a screen tells nobody when it has. The deadline is that of the test. */
export async function until(_what: string, holds: () => boolean): Promise<void> {
  for (;;) {
    try {
      if (holds()) return
    } catch {
      // Not there yet.
    }
    await delay(100)
  }
}

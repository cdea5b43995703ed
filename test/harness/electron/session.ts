import { EventEmitter } from 'node:events'
import { app, lifecycle, preventable } from './app.ts'

type Handler = (request: Request) => Response | Promise<Response>

const handlers = new Map<string, Handler>()
let privileged: string[] = []

export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    lifecycle.requireNotReady('protocol.registerSchemesAsPrivileged')
    privileged = schemes
      .filter(({ privileges }) => privileges?.standard && privileges.secure)
      .map(({ scheme }) => scheme)
  },
  handle(scheme, handler) {
    lifecycle.requireReady('protocol.handle')
    if (handlers.has(scheme)) throw new Error('Failed to register protocol')
    handlers.set(scheme, handler as Handler)
  },
} satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>

/** What the protocol's handler answers; null where the scheme is not ours or has no origin of its own. */
export async function answerByProtocol(request: Request): Promise<Response | null> {
  const scheme = new URL(request.url).protocol.slice(0, -1)
  if (!privileged.includes(scheme)) return null
  return (await handlers.get(scheme)?.(request)) ?? null
}

const permissions: {
  request?: Parameters<Electron.Session['setPermissionRequestHandler']>[0]
  check?: Parameters<Electron.Session['setPermissionCheckHandler']>[0]
  device?: Parameters<Electron.Session['setDevicePermissionHandler']>[0]
} = {}

const defaultSession = Object.assign(new EventEmitter(), {
  setPermissionRequestHandler(handler) {
    permissions.request = handler
  },
  setPermissionCheckHandler(handler) {
    permissions.check = handler
  },
  setDevicePermissionHandler(handler) {
    permissions.device = handler
  },
} satisfies Pick<
  Electron.Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>)

app.once('ready', () => app.emit('session-created', defaultSession))

export function isDownloadDenied(): boolean {
  const event = preventable()
  defaultSession.emit('will-download', event, {}, {})
  return event.defaultPrevented
}

/** What the session's handlers say; Electron allows where there is none. */
export function askPermissions(): { request: boolean; check: boolean; device: boolean } {
  let request = permissions.request === undefined
  const nothing = {} as never
  permissions.request?.(nothing, 'media', (granted) => (request = granted), nothing)
  return {
    request,
    check: permissions.check?.(null, 'media', 'app://warder', nothing) ?? true,
    device: permissions.device?.(nothing) ?? true,
  }
}

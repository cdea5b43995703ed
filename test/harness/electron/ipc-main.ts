import type { Frame } from 'playwright'

type Listener = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown

const listeners = new Map<string, Listener>()

export const ipcMain = {
  handle(channel, listener) {
    if (listeners.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`)
    listeners.set(channel, listener)
  },
} satisfies Pick<Electron.IpcMain, 'handle'>

/** An `ipcRenderer.invoke` that arrived. Like Electron, it lets no more of an error through than its text. */
export async function dispatch(
  sender: { readonly id: number },
  frame: Frame,
  channel: string,
  args: readonly unknown[],
): Promise<unknown> {
  const listener = listeners.get(channel)
  if (listener === undefined) throw new Error(`No handler registered for '${channel}'`)
  const event = { sender, senderFrame: frameMain(frame) } as unknown as Electron.IpcMainInvokeEvent
  try {
    return structuredClone(await listener(event, ...structuredClone(args)))
  } catch (error) {
    throw new Error(`Error invoking remote method '${channel}': ${String(error)}`)
  }
}

function frameMain(frame: Frame): Pick<Electron.WebFrameMain, 'url' | 'parent'> {
  const parent = frame.parentFrame()
  return {
    url: toAppUrl(frame.url()),
    parent: parent === null ? null : (frameMain(parent) as Electron.WebFrameMain),
  }
}

/**
 * Chromium knows no `app:` scheme here, so each custom origin is shown as an https one that exists nowhere; it is a
 * secure context with an origin of its own, which is what the scheme's privileges ask for.
 */
export const toWebUrl = (url: string) =>
  url.replace(/^([a-z]+):\/\/([^/]+)/, (_all, scheme, host) => `https://${host}.${scheme}.test`)

export const toAppUrl = (url: string) =>
  url.replace(
    /^https:\/\/([^./]+)\.([^./]+)\.test(?=\/|$)/,
    (_all, host, scheme) => `${scheme}://${host}`,
  )

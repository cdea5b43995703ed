/**
 * Runs in the page, before its own scripts: gives the preload what a sandboxed one has (a `require` that knows only
 * `electron`), and carries across only what Electron's context bridge would. Must not refer to anything outside.
 */
export function preloadWorld(preload: (require: (name: string) => unknown) => void): void {
  type Invoke = (channel: string, args: unknown[]) => Promise<unknown>
  type Receive = () => Promise<{ channel: string; args: unknown[] }>
  type Listener = (event: object, ...args: unknown[]) => void
  const world = globalThis as unknown as Record<string, unknown>
  const invoke = world.harnessInvoke as Invoke
  const receive = world.harnessReceive as Receive
  delete world.harnessInvoke
  delete world.harnessReceive
  if (window !== window.top) {
    // A frame gets no preload. What it would do if it had been taken over, a test does through this.
    world.compromised = invoke
    return
  }

  const listeners = new Map<string, Set<Listener>>()
  const ipcRenderer = {
    invoke: (channel: string, ...args: unknown[]) => invoke(channel, structuredClone(args)),
    on(channel: string, listener: Listener) {
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener))
      return ipcRenderer
    },
    off(channel: string, listener: Listener) {
      listeners.get(channel)?.delete(listener)
      return ipcRenderer
    },
  }

  const copied = (value: unknown): unknown => {
    if (typeof value === 'function') {
      const carried = value as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        const result = carried(...args.map(copied))
        return result instanceof Promise ? result.then(copied, plainError) : copied(result)
      }
    }
    if (value instanceof Promise) return value.then(copied, plainError)
    if (Array.isArray(value)) return Object.freeze(value.map(copied))
    if (value !== null && typeof value === 'object')
      return Object.freeze(
        Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copied(member)])),
      )
    return value
  }
  const plainError = (error: unknown) => {
    throw error instanceof Error ? new Error(error.message) : copied(error)
  }
  const contextBridge = {
    exposeInMainWorld(name: string, api: unknown) {
      Object.defineProperty(world, name, { value: copied(api), enumerable: true })
    },
  }

  preload((name) => {
    if (name !== 'electron') throw new Error(`module not found: ${name}`)
    return { contextBridge, ipcRenderer }
  })

  const deliver = async (): Promise<void> => {
    for (;;) {
      const { channel, args } = await receive()
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args)
    }
  }
  // Ends with the page.
  deliver().catch(() => undefined)
}

import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createHelper } from '../../main/headless/helper.ts'

const mirror = fileURLToPath(new URL('./fixtures/mirror.ts', import.meta.url))

function start(env: Record<string, string>, module = mirror) {
  const process = createHelper(env).start(module)
  const answered = Promise.withResolvers<unknown>()
  const ended = Promise.withResolvers<void>()
  process.onMessage(answered.resolve)
  process.onExit(ended.resolve)
  return { ...process, answered: answered.promise, ended: ended.promise }
}

describe('a helper process', () => {
  it('gets what the session needs and nothing else of our environment and arguments', async () => {
    const child = start(
      {
        HOME: '/home/somebody',
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus',
        NODE_OPTIONS: '--max-old-space-size=100',
        LD_LIBRARY_PATH: '/tmp',
        GITHUB_TOKEN: 'a token',
      },
      pathToFileURL(mirror).href,
    )
    child.send('hello')
    expect(await child.answered).toEqual({
      heard: 'hello',
      env: { HOME: '/home/somebody', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus' },
      argv: [mirror],
      execArgv: [],
    })
    child.kill()
    await child.ended
  })

  it('tells its end once, also to one who asks late, and takes messages for nobody', async () => {
    const child = start({})
    let ends = 0
    child.onExit(() => ends++)
    child.kill()
    await child.ended
    child.send('too late')
    child.kill()
    await new Promise<void>((resolve) => child.onExit(resolve))
    expect(ends).toBe(1)
  })

  it('that does not exist ends like any other', async () => {
    const child = start({}, `${mirror}.missing`)
    child.send('hello')
    await child.ended
  })
})

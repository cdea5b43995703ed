import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { followPower } from '../../main/desktop/power.ts'
import { WarderError } from '../../main/errors.ts'

/** A machine, and what was asked of the companion on it. */
function machine(options: { locksWithScreen?: boolean; call?: () => Promise<never> } = {}) {
  const asked: string[] = []
  const monitor = new EventEmitter()
  followPower(
    {
      control: {
        call: async (channel) => {
          asked.push(channel)
          return options.call?.() as never
        },
      },
      woke: () => void asked.push('woke'),
      locksWithScreen: () => options.locksWithScreen ?? true,
    },
    monitor,
  )
  return { monitor, asked }
}

it.each(['lock-screen', 'suspend'])(
  'locks at %s, and asks nothing before: an answer may take its time',
  (event) => {
    const { monitor, asked } = machine()
    monitor.emit(event)
    expect(asked).toEqual(['hold:lock'])
  },
)

it('leaves it to people who did not want that, and says when the machine woke', () => {
  const { monitor, asked } = machine({ locksWithScreen: false })
  for (const event of ['lock-screen', 'suspend', 'resume']) monitor.emit(event)
  expect(asked).toEqual(['woke'])
})

it('says where it could not lock, and goes on', async () => {
  const { monitor, asked } = machine({
    call: () => Promise.reject(new WarderError('store.unwritable', 'The disk is full.')),
  })
  const said = Promise.withResolvers<string>()
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.resolve(String(text))
    return true
  })
  monitor.emit('lock-screen')
  expect(await said.promise).toMatch(/^warder: WarderError/)
  stderr.mockRestore()
  monitor.emit('suspend')
  expect(asked).toEqual(['hold:lock', 'hold:lock'])
})

import { pathToFileURL } from 'node:url'
import { app, lifecycle, preventable } from './app.ts'
import type { Command, ToDriven } from './protocol.ts'
import { askPermissions } from './session.ts'
import { tell } from './stage.ts'
import { answerDialog, chooseNotification, clickTray, joinPanel, powerMonitor } from './system.ts'
import { onlyWindow, probeWindow } from './windows.ts'

/** Runs a built main module as Electron would: `boot.ts ROOT MAIN`. */
const [root = '', main = ''] = process.argv.slice(2)

process.on('message', async ({ id, command }: ToDriven) => {
  try {
    tell({ type: 'done', id, result: carryOut(command) ?? null })
  } catch (error) {
    tell({ type: 'failed', id, reason: String(error) })
  }
})
// The test is gone: so is the person.
process.on('disconnect', () => process.exit(1))

lifecycle.configure({ root })
const { WARDER_HARNESS_PANEL: panel } = process.env
if (panel) await joinPanel(panel)
await import(pathToFileURL(main).href)
lifecycle.becomeReady()

function carryOut(command: Command): unknown {
  switch (command.do) {
    case 'click':
      return clickTray(command.path)
    case 'answer':
      return answerDialog(command)
    case 'close-window':
      return onlyWindow()?.close()
    case 'notification':
      return chooseNotification(command)
    case 'power':
      return powerMonitor.emit(command.event)
    case 'open-url':
      return app.emit('open-url', preventable(), command.url)
    case 'probe':
      return probeWindow()
    case 'permissions':
      return askPermissions()
  }
}

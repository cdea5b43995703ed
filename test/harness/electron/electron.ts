/**
 * What `import 'electron'` finds in the harness. It has what Warder uses and nothing more, so a use that nobody thought
 * through fails at once. What only the real one can show (the OS sandbox, the context bridge's C++, fuses, a real tray)
 * is left to the release's own checks.
 */
export { app } from './app.ts'
export { ipcMain } from './ipc-main.ts'
export { protocol } from './session.ts'
export { dialog, Menu, Notification, powerMonitor, shell, Tray } from './system.ts'
export { utilityProcess } from './utility-process.ts'
export { BrowserWindow } from './windows.ts'

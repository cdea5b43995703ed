export * from './bridge.ts'
export * from './channels.ts'
export * from './error.ts'
export * from './views.ts'

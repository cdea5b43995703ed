export * from './channels.ts'
export * from './views.ts'

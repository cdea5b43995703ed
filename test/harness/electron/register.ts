import { registerHooks } from 'node:module'

const fake = new URL('./electron.ts', import.meta.url).href

/** Puts the fake where the built main process looks for Electron; nothing else is touched. */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: fake, shortCircuit: true } : next(specifier, context),
})

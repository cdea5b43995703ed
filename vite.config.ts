import { builtinModules } from 'node:module'
import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { channels, events } from './preload/contract/channels.ts'
import { licenceText, shippedLicences } from './scripts/packaging/licences.ts'

/**
 * One build (`vite build --app`): main as ESM for Electron and plain Node, the entry of the command line as one CommonJS
 * script, the preload as the single CommonJS file that a sandboxed preload has to be, the installed command line as the
 * single script of an executable, the renderer for the window and the browser.
 */
const node = (input: Record<string, string>, outDir: string, format: 'es' | 'cjs') => ({
  consumer: 'server' as const,
  // A sandboxed preload can require nothing but electron, so its one file holds all; main loads its packages from
  // node_modules, but for those of which it uses a small part.
  resolve: {
    conditions: ['node'],
    noExternal: format === 'cjs' ? (true as const) : ['zod', '@modelcontextprotocol/core'],
  },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'node22',
    minify: false,
    sourcemap: true,
    ssr: true,
    rolldownOptions: {
      input: Object.fromEntries(
        Object.entries(input).map(([name, file]) => [name, path.join(import.meta.dirname, file)]),
      ),
      external: ['electron', ...builtinModules, /^node:/],
      output: {
        format,
        entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
})

/** The licences of what lies beside the bundle, for a person to read in the app. */
const packageLicences = {
  name: 'package-licences',
  applyToEnvironment: ({ name }: { name: string }) => name === 'main',
  generateBundle(this: {
    emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown
  }) {
    const source = `${licenceText(shippedLicences(import.meta.dirname))}\n`
    this.emitFile({ type: 'asset', fileName: 'licenses.txt', source })
  },
}

/**
 * One character beyond Latin-1 makes V8 keep the whole source of a module in two bytes a character, for as long as the
 * process lives: more than a megabyte of the companion.
 */
const asciiSource = {
  name: 'ascii-source',
  applyToEnvironment: ({ name }: { name: string }) => name !== 'client',
  generateBundle(_options: unknown, bundle: Record<string, { type: string; code?: string }>) {
    for (const file of Object.values(bundle))
      if (file.code !== undefined) file.code = file.code.replace(NOT_ASCII, escaped)
  },
}

/** A backslash that is escaped itself escapes nothing. */
const NOT_ASCII = /\\\\|\\?([^\0-\x7f])/g
const escaped = (whole: string, unit?: string) =>
  unit === undefined ? whole : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Everything in one script, what is imported late as well. */
function single(environment: ReturnType<typeof node>) {
  const { rolldownOptions } = environment.build
  const output = { ...rolldownOptions.output, codeSplitting: false }
  return {
    ...environment,
    build: { ...environment.build, rolldownOptions: { ...rolldownOptions, output } },
  }
}

/** A single executable runs one script that can load nothing but Node's own modules. */
function installed() {
  const environment = single(node({ warder: 'main/installed.ts' }, '../dist/installed', 'cjs'))
  const license = { fileName: 'licenses.txt' }
  return { ...environment, build: { ...environment.build, sourcemap: false, license } }
}

/** The script of the command line takes in the shim alone; the other verbs stay modules, beside the companion's. */
const commandsApart = {
  name: 'commands-apart',
  enforce: 'pre' as const,
  applyToEnvironment: ({ name }: { name: string }) => name === 'cli',
  resolveId: (id: string) =>
    id === './cli/commands.ts' ? { id: '../main/commands.js', external: true } : null,
}

export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react(), packageLicences, asciiSource, commandsApart],
  environments: {
    client: {
      build: {
        outDir: '../dist/renderer',
        emptyOutDir: true,
        // The window is Chromium, but headless the page opens in the browser of the system.
        target: ['chrome123', 'firefox128', 'safari17.5'],
        // Every browser of those preloads modules by itself, and the polyfill would be a script of its own.
        modulePreload: { polyfill: false },
        sourcemap: true,
        // One file on purpose: it comes from this machine, so a page that is loaded when it is asked for would only jump.
        // What it may weigh is test/renderer/first-load.test.ts.
        chunkSizeWarningLimit: 800,
        assetsInlineLimit: 0,
        rolldownOptions: {
          // The window that asks for the passphrase has a page of its own.
          input: ['index.html', 'vault.html'].map((page) =>
            path.join(import.meta.dirname, 'renderer', page),
          ),
        },
        // What is bundled loses its licence file, which has to come along.
        license: { fileName: 'licenses.txt' },
      },
    },
    main: node(
      {
        index: 'main/index.ts',
        commands: 'main/cli/commands.ts',
        'keychain-helper': 'main/vault/keychain-helper.ts',
      },
      '../dist/main',
      'es',
    ),
    cli: single(node({ warder: 'main/cli.ts' }, '../dist/cli', 'cjs')),
    mcpb: node({ index: 'main/shim/bundle.ts' }, '../dist/mcpb', 'cjs'),
    preload: {
      ...node(
        { preload: 'preload/preload.ts', vault: 'preload/vault.ts' },
        '../dist/preload',
        'cjs',
      ),
      define: {
        CONTRACT_CHANNELS: JSON.stringify(Object.keys(channels)),
        CONTRACT_EVENTS: JSON.stringify(Object.keys(events)),
      },
    },
    installed: installed(),
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments))
        if (['client', 'main', 'cli', 'preload', 'installed', 'mcpb'].includes(environment.name))
          await builder.build(environment)
    },
  },
})

import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Output } from '../preload/contract/index.ts'
import { openAuditLog } from './audit/log.ts'
import { createMask } from './audit/mask.ts'
import { recordRefusedUrl } from './audit/refused-url.ts'
import { createSignedRecords } from './audit/signed-records.ts'
import { needsPerson } from './bridge/aggregation/needs-person.ts'
import { openBridge } from './bridge/bridge.ts'
import { createMemory } from './bridge/catalogue/memory.ts'
import { createWhose } from './bridge/catalogue/whose.ts'
import { createInjector } from './bridge/credentials.ts'
import { createPinNotes } from './bridge/pins/pin-notes.ts'
import { createPins } from './bridge/pins/pins.ts'
import { recordPin } from './bridge/pins/rows.ts'
import { createPinStore } from './bridge/pins/store.ts'
import { createSignInNotes } from './bridge/sign-in-notes.ts'
import { createControl } from './control/control.ts'
import { openControlSocket } from './control/socket.ts'
import type { Control } from './control/types.ts'
import { createVaultValues } from './control/vault-values.ts'
import { admitWired } from './control/wired-clients.ts'
import { traceOf } from './errors.ts'
import { createClients } from './identity/clients.ts'
import { currentUser } from './identity/principals.ts'
import { layout } from './layout.ts'
import { createDialer } from './net/dialer.ts'
import { createGrants } from './oauth/grants.ts'
import { openApprovedConfig } from './policy/approved-config.ts'
import { createDecide } from './policy/decide.ts'
import { createHold } from './policy/hold.ts'
import { standstill, standstillError } from './policy/standstill.ts'
import { createStop } from './policy/stop.ts'
import type { Autostart, Browser, FileKeeper, Helper, Notifier, Presence } from './ports.ts'
import { forbidCoreDumps } from './runtime/core-dumps.ts'
import { createGuardian, noGuardian } from './runtime/guardian.ts'
import { endLeftovers, openProcessRecord } from './runtime/leftovers.ts'
import { watchedNpm } from './runtime/npm.ts'
import { createPackages } from './runtime/packages.ts'
import { openCredentialFolder } from './runtime/placed.ts'
import { createRuns } from './runtime/runs.ts'
import { createServerLogs } from './runtime/server-log.ts'
import { createRuntime } from './runtime/supervisor.ts'
import { createWatch } from './runtime/watch.ts'
import { packageOf } from './servers/package-of.ts'
import { clientSecretBinding } from './servers/providers.ts'
import { createProxySource } from './servers/proxy.ts'
import { createRegistry } from './servers/registry.ts'
import { secretsOf } from './servers/servers.ts'
import { openConfigFile } from './store/config-file.ts'
import { socketDirectory, socketPath } from './store/home.ts'
import { type Meta, openMeta } from './store/meta.ts'
import { launchEnvironment, writeRunFile } from './store/run-file.ts'
import { openState } from './store/state.ts'
import type { Packaging } from './updates/install.ts'
import { placeOf } from './updates/releases.ts'
import { createUpdates } from './updates/updates.ts'
import { createKnownSecrets } from './vault/known-secrets.ts'
import { openVault } from './vault/open.ts'
import { createNamedSecrets } from './vault/secrets.ts'
import { repository, version } from './version.ts'
import { driftNotes } from './wiring/drift.ts'
import { surroundings } from './wiring/surroundings.ts'
import { openTokenCaches } from './wiring/token-caches/open.ts'
import { watchWired } from './wiring/watch.ts'
import { openWiring, type Wiring } from './wiring/wiring.ts'

export interface CompanionOptions {
  readonly home: string
  readonly shell: 'desktop' | 'headless'
  readonly ports: { browser: Browser; notifier: Notifier; presence: Presence; helper: Helper }
  /** `last`: the one of those that last which this home was opened with last; the keychain by default. */
  readonly vault?: VaultKind | 'last'
  readonly passphrase?: (purpose: 'open' | 'create') => Promise<string>
  /** Port of the token door; kept for the next time. */
  readonly port?: number
  /** Absolute command that starts this companion again, for the shim. */
  readonly argv: readonly string[]
  /** Ends this companion, for an app that takes its place; absent where it does not. */
  readonly handOver?: () => void
  /** Absent where the shell cannot arrange it. */
  readonly autostart?: Autostart
  /** How this Warder came here; from its sources by default. */
  readonly packaging?: Packaging
  /** Absolute paths of the licences of what runs it, as far as they are there. */
  readonly runtimeLicences?: readonly string[]
  /** Ends this companion and starts it anew; absent where the shell cannot. */
  readonly restart?: () => void
  /** Absent where the page's browser keeps files. */
  readonly files?: FileKeeper
  readonly env: Readonly<Record<string, string | undefined>>
  /** Opens the window (desktop) or the page (headless). */
  readonly openUi: (options: { browser: boolean }) => Promise<Output<'ui:open'>>
  /** The address of a page of ours, without any login; null where a browser cannot show it. */
  readonly pageLink?: (fragment: string) => Promise<string | null>
}

export interface Companion {
  readonly control: Control
  /** Base URL of the token door. */
  readonly http: string
  readonly sockets: string
  readonly vault: 'keychain' | 'file' | 'memory' | 'none'
  /** The machine slept: begins what became due meanwhile, since timers may have stood still. */
  woke(): void
  /** Whether a person wants it locked when the screen is. Asks nobody. */
  locksWithScreen(): boolean
  /** Ends children, doors and flows, and lets go of the home. May be called again. */
  close(): Promise<void>
}

/**
 * The composition root: says which adapter stands behind which port, and wires the events that lower rooms have for
 * higher ones. Holds the home from the first line to `close`.
 *
 * @throws WarderError `instance.running`, `store.*`, `config.*`, `vault.*`, `door.port_taken`
 */
export async function startCompanion(options: CompanionOptions): Promise<Companion> {
  const { home, shell, ports, env } = options
  const clock = Date.now
  const ending = createEnding()
  try {
    await forbidCoreDumps()
    const state = ending.add(openState(home), (opened) => opened.close())
    // Before anything starts: what is left of a run that was killed may hold a port, a lock or a credential.
    const meta = openMeta(state)
    await endLeftovers(meta)
    const sockets = socketDirectory(home, env)
    const credentialFolder = openCredentialFolder(path.join(sockets, 'given'))
    const watch = createWatch(
      process.platform === 'win32' ? noGuardian : createGuardian(credentialFolder),
      openProcessRecord(meta),
    )
    const vault = ending.add(
      await openVault({
        kind: vaultKind(options.vault, meta),
        home,
        helper: ports.helper,
        helperModule: layout.keychainHelper,
        state,
        ...(options.passphrase ? { passphrase: options.passphrase } : {}),
      }),
      (opened) => opened.close(),
    )
    if (vault.kind === 'keychain' || vault.kind === 'file') meta.set(VAULT, vault.kind)
    const knownSecrets = createKnownSecrets()
    const mask = createMask(knownSecrets)
    const audit = ending.add(openAuditLog({ state, clock, mask }), (log) => log.flush())
    // Before any door opens: a call of this run that has no outcome yet is not lost.
    audit.closeLost()
    const config = ending.add(
      await openApprovedConfig({ file: openConfigFile(home), state, vault, clock }),
      (opened) => opened.close(),
    )
    const clients = createClients({ state, clock })
    const secrets = createNamedSecrets({ state, vault, knownSecrets, clock })
    const proxy = createProxySource({
      env,
      settings: () => config.current().settings.proxy,
      secrets,
      knownSecrets,
    })
    const dialer = ending.add(createDialer({ proxy }), (opened) => opened.close())
    const grants = ending.add(
      createGrants({
        state,
        vault: () => vault,
        knownSecrets,
        browser: ports.browser,
        fetch: dialer.fetch,
        settings: () => config.current().settings,
        providers: () => config.current().providers,
        choices: config.current,
        resolveSecret: async (name, server, issuer) =>
          secrets.read(name, clientSecretBinding(config.current(), { name, server, issuer })),
        clock,
        randomBytes,
      }),
      (opened) => opened.close(),
    )
    const stop = createStop(state)
    const hold = createHold(state)
    const whyNothingPasses = () => {
      const code = standstill(stop, hold)
      return code === null ? null : standstillError(code)
    }
    const records = createSignedRecords({ state, vault, knownSecrets, clock })
    const logs = createServerLogs(path.join(home, 'logs'))
    const packages = createPackages(path.join(home, 'packages'), watchedNpm(watch))
    const runs = createRuns({ packages })
    const runtime = ending.add(createRuntime(runs, { watch, credentialFolder, logs }), (opened) =>
      opened.close(),
    )

    const pins = createPins({
      store: createPinStore(state),
      clock,
      mask,
      servers: () => Object.keys(config.current().servers),
      note(note) {
        recordPin(audit, currentUser(), note)
        pinNotes.noted(note)
      },
    })
    const pinNotes = createPinNotes({
      notifier: ports.notifier,
      waiting: () => pins.waiting().map(({ pin }) => pin.server),
    })
    // A server that came while nobody looked may be one that an older tool is named after.
    pins.serversChanged()
    const decide = createDecide({
      rules: () => config.current().rules,
      isClient: (name) => Object.hasOwn(config.current().clients, name),
      standstill: () => standstill(stop, hold),
      pinned: pins.word,
    })
    const bridge = ending.add(
      await openBridge({
        house: { decide, audit, mask, pins },
        user: currentUser(),
        config: config.current,
        held: () => Object.keys(config.proposedServers()),
        clients,
        injector: createInjector({
          grants,
          secrets,
          runs,
          refuse() {
            const why = whyNothingPasses()
            if (why !== null) throw why
          },
        }),
        dialer,
        runtime,
        remembers: {
          memory: createMemory({ state, clock }),
          whose: createWhose({ grants, secrets }),
        },
        stopped: whyNothingPasses,
        socketDirectory: sockets,
        needsPerson: () =>
          needsPerson({
            servers: config.current().servers,
            held: Object.keys(config.proposedServers()),
            grants: grants.list(),
          }),
        pageOf: async (server) => (await options.pageLink?.(`#/servers/${server}`)) ?? null,
        port: options.port ?? Number(meta.get('token_port') ?? 0),
      }),
      (opened) => opened.close(),
    )
    const wanted = Object.values(config.current().servers).flatMap((one) => packageOf(one) ?? [])
    // What waits for a person may be one that was approved, and that nobody could vouch for at this start.
    if (config.held().length === 0) inBackground(packages.prune(wanted))
    // Before the bridge, which waits for whatever is starting.
    ending.add(packages, (opened) => opened.close())
    meta.set('token_port', String(bridge.port))
    for (const client of Object.keys(config.current().clients)) await bridge.letIn(client)

    const wiring = openWiring({ home, where: surroundings(env, home), clock })
    // Clients go on finding us after an update or a move, before the first of them asks.
    if (wiring.launcher.exists() || wiring.ledger.records().length > 0) refreshLauncher(wiring)
    const wiringWatch = ending.add(watchWired(wiring), (watching) => watching.close())

    const updates = ending.add(
      createUpdates({ place: placeOf(repository), version, dialer, meta, clock }),
      (opened) => opened.close(),
    )
    const control = createControl({
      version,
      shell,
      home,
      user: currentUser(),
      startedAt: clock(),
      socketDirectory: sockets,
      vault,
      config,
      secrets,
      vaultValues: createVaultValues({ secrets, grants, vault, knownSecrets, mask }),
      grants,
      clients,
      audit,
      bridge,
      pins,
      runs,
      runtime,
      logs,
      stop,
      hold,
      records,
      tokenCaches: openTokenCaches({ env, knownSecrets }),
      registry: createRegistry({ fetch: dialer.fetch, folder: path.join(home, 'bundles') }),
      wiring,
      wiringWatch,
      presence: ports.presence,
      autostart: options.autostart ?? null,
      files: options.files ?? null,
      updates,
      runtimeLicences: options.runtimeLicences ?? [],
      packaging: options.packaging ?? 'sources',
      browser: ports.browser,
      chooseVault: restartsWith(options.restart, meta),
      handOver: options.handOver ?? null,
      openUi: options.openUi,
    })
    const controlPath = socketPath(sockets, 'control')
    ending.add(await openControlSocket(controlPath, control), (opened) => opened.close())

    const http = `http://127.0.0.1:${bridge.port}`
    const writeRun = (pid: number | null) =>
      writeRunFile(home, {
        version: 1,
        control: controlPath,
        clients: bridge.sockets(),
        http,
        argv: options.argv,
        env: launchEnvironment(env),
        pid,
      })
    writeRun(process.pid)
    // Clients stay listed after the end: their shims find the way to start us again.
    ending.add(null, () => writeRun(null))

    config.events.on('changed', (before, after) => {
      const gone = Object.keys(before.clients).filter((name) => !Object.hasOwn(after.clients, name))
      const come = Object.keys(after.clients).filter((name) => !Object.hasOwn(before.clients, name))
      const changed = Object.entries(before.servers).filter(
        ([name, definition]) => JSON.stringify(definition) !== JSON.stringify(after.servers[name]),
      )
      const added = Object.keys(after.servers).filter(
        (name) => !Object.hasOwn(before.servers, name),
      )
      for (const [name] of changed) {
        // What a person is signing in to is no longer what is defined.
        grants.abandon(name)
        runs.giveUp(name)
        inBackground(bridge.cutServer(name))
        bridge.reconsider(name)
      }
      inBackground(bridge.cutAccounts(before, after))
      if (JSON.stringify(before.rules) !== JSON.stringify(after.rules)) {
        bridge.announce()
        bridge.reconsider()
      }
      for (const name of [...changed.map(([name]) => name), ...added]) bridge.announce(name)
      for (const name of gone) if (clients.has(name)) clients.remove(name)
      const doors = Promise.all([...gone.map(bridge.shutOut), ...come.map(bridge.letIn)])
      inBackground(doors.finally(() => writeRun(process.pid)))
      // Last, since these write: whoever is out is out, also where the disk is full.
      for (const [name] of changed) if (!Object.hasOwn(after.servers, name)) pins.forget(name)
      if (added.length > 0) pins.serversChanged()
    })
    secrets.events.on('set', (name) => {
      inBackground(bridge.renewSecret(name))
      for (const [server, definition] of Object.entries(config.current().servers))
        if (secretsOf(definition).includes(name)) {
          // It may have failed for want of it.
          runtime.retry(server)
          bridge.announce(server)
        }
    })
    pins.events.on('changed', bridge.announce)
    const notes = createSignInNotes({ notifier: ports.notifier, waiting: bridge.parking.waiting })
    bridge.parking.events.on('changed', notes.parked)
    grants.on('connected', (grant) => {
      notes.settled(grant.server)
      bridge.signedIn(grant.server)
    })
    grants.on('revoked', (grant) => {
      notes.settled(grant.server)
      bridge.forgetAccount(grant.server, grant.account)
      inBackground(bridge.cutGrant(grant.id))
      bridge.reconsider(grant.server)
      inBackground(runtime.endHolding(grant.id))
    })
    grants.on('signInNeeded', notes.needed)
    grants.on('refreshed', (grant) => inBackground(bridge.renewGrant(grant.id)))
    grants.on('urlRefused', (refused) => recordRefusedUrl(audit, currentUser(), refused))
    wiringWatch.events.on('changed', (places, before) => {
      for (const note of driftNotes(places, before)) ports.notifier.notify(note)
    })
    updates.events.on('found', (found) =>
      ports.notifier.notify({
        title: `Warder ${found} is out`,
        body: 'Settings say where it is and how it is installed.',
        offer: { to: 'update' },
      }),
    )
    grants.start()
    const admitted = admitWired(control, wiring.ledger)
    // A window asks the person, who may take as long as they like; without one it is done at once.
    if (shell === 'headless') await admitted
    else inBackground(admitted)
    return {
      control,
      http,
      sockets,
      vault: vault.kind,
      woke: grants.start,
      locksWithScreen: hold.withScreen,
      close: ending.run,
    }
  } catch (error) {
    await ending.run()
    throw error
  }
}

type VaultKind = 'keychain' | 'file' | 'memory'

/** Which vault is opened at the next start that names none. */
const VAULT = 'vault'

function vaultKind(wanted: CompanionOptions['vault'], meta: Meta): VaultKind {
  if (wanted !== 'last') return wanted ?? 'keychain'
  return meta.get(VAULT) === 'file' ? 'file' : 'keychain'
}

function restartsWith(restart: CompanionOptions['restart'], meta: Meta) {
  if (restart === undefined) return null
  return (kind: 'keychain' | 'file') => {
    meta.set(VAULT, kind)
    restart()
  }
}

/** For what nobody waits for: a failure leaves its trace and ends nothing. */
function inBackground(work: Promise<unknown>): void {
  work.catch((error: unknown) => process.stderr.write(`warder: ${traceOf(error)}\n`))
}

/** A companion that cannot mend it runs all the same; `warder status` says what is gone. */
function refreshLauncher({ launcher }: Wiring): void {
  try {
    launcher.refresh()
  } catch (error) {
    process.stderr.write(`warder: ${traceOf(error)}\n`)
  }
}

/** What was opened is closed in the opposite order, once, whatever fails on the way. */
function createEnding() {
  const steps: (() => unknown)[] = []
  let running: Promise<void> | undefined
  async function run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of steps.toReversed()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
  return {
    add<T>(opened: T, close: (opened: T) => unknown): T {
      steps.push(() => close(opened))
      return opened
    },
    run(): Promise<void> {
      running ??= run()
      return running
    },
  }
}

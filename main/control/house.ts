import type { Output } from '../../preload/contract/index.ts'
import type { AuditLog } from '../audit/log.ts'
import type { SignedRecords } from '../audit/signed-records.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { Pins } from '../bridge/pins/pins.ts'
import type { Clients } from '../identity/clients.ts'
import type { Grants } from '../oauth/types.ts'
import type { ApprovedConfig } from '../policy/approved-config.ts'
import type { Hold } from '../policy/hold.ts'
import type { Stop } from '../policy/stop.ts'
import type { Autostart, Browser, FileKeeper, Presence } from '../ports.ts'
import type { Runs } from '../runtime/runs.ts'
import type { ServerLogs } from '../runtime/server-log.ts'
import type { Runtime } from '../runtime/supervisor.ts'
import type { Registry } from '../servers/registry.ts'
import type { Packaging } from '../updates/install.ts'
import type { Updates } from '../updates/updates.ts'
import type { NamedSecrets } from '../vault/secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import type { TokenCaches } from '../wiring/token-caches/open.ts'
import type { WiringWatch } from '../wiring/watch.ts'
import type { Wiring } from '../wiring/wiring.ts'
import type { VaultValues } from './vault-values.ts'

/** What the control API works on: the rooms below, and what only the shell can do. */
export interface ControlHouse {
  readonly version: string
  readonly shell: 'desktop' | 'headless'
  readonly home: string
  readonly user: string
  readonly startedAt: number
  readonly socketDirectory: string
  readonly vault: SecretStore
  readonly config: ApprovedConfig
  readonly secrets: NamedSecrets
  readonly vaultValues: VaultValues
  readonly grants: Grants
  readonly clients: Clients
  readonly audit: AuditLog
  readonly bridge: Bridge
  readonly pins: Pins
  readonly runs: Runs
  readonly runtime: Pick<Runtime, 'running' | 'endAll' | 'problem' | 'retry'>
  readonly logs: ServerLogs
  readonly stop: Stop
  readonly hold: Hold
  readonly records: SignedRecords
  readonly tokenCaches: TokenCaches
  readonly registry: Registry
  readonly wiring: Wiring
  readonly wiringWatch: Pick<WiringWatch, 'events'>
  readonly presence: Presence
  readonly autostart: Autostart | null
  readonly updates: Updates
  readonly packaging: Packaging
  readonly browser: Browser
  /** Files with the licences of what runs Warder. */
  readonly runtimeLicences: readonly string[]
  /** Starts anew with another vault; null where that is a matter of the command that starts Warder. */
  readonly chooseVault: ((kind: 'keychain' | 'file') => void) | null
  /** Null where the page's browser keeps files. */
  readonly files: FileKeeper | null
  /** Ends the companion, for one in another shell; null where it stays until a person quits it. */
  readonly handOver: (() => void) | null
  /** Opens the window (desktop) or the page (headless). */
  readonly openUi: (options: { browser: boolean }) => Promise<Output<'ui:open'>>
}

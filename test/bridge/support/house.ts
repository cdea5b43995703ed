import type { AuditLog } from '../../../main/audit/log.ts'
import { openAuditLog } from '../../../main/audit/log.ts'
import { createMask, type Mask } from '../../../main/audit/mask.ts'
import type { Row } from '../../../main/audit/rows.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { createParking } from '../../../main/bridge/parking.ts'
import { createPins, type Pins } from '../../../main/bridge/pins/pins.ts'
import { recordPin } from '../../../main/bridge/pins/rows.ts'
import { createPinStore } from '../../../main/bridge/pins/store.ts'
import type { Parking } from '../../../main/bridge/types.ts'
import { createDecide, type Decide } from '../../../main/policy/decide.ts'
import { type Budget, createBudget } from '../../../main/runtime/budget.ts'
import type { Rule } from '../../../main/store/config-schema.ts'
import { openState, type State } from '../../../main/store/state.ts'
import { createKnownSecrets, type KnownSecrets } from '../../../main/vault/known-secrets.ts'
import { testHome } from '../../harness/home.ts'

/** Decision, audit and mask as the companion composes them, over a home of their own. */
export interface TestHouse extends AsyncDisposable {
  readonly home: string
  readonly state: State
  readonly decide: Decide
  readonly audit: AuditLog
  readonly mask: Mask
  readonly knownSecrets: KnownSecrets
  readonly parking: Parking
  readonly budget: Budget
  /** Absent unless asked for. */
  readonly pins: Pins | undefined
  pageOf(server: string): Promise<string | null>
  rules: readonly Rule[]
  /** All rows of the audit, oldest first. */
  rows(): Row[]
}

export const allowAll: Rule = { effect: 'allow', client: '*', server: '*' }

export async function startHouse(
  rules: readonly Rule[] = [allowAll],
  { pinned }: { pinned?: () => readonly string[] } = {},
): Promise<TestHouse> {
  const home = await testHome()
  const state = openState(home.path)
  const knownSecrets = createKnownSecrets()
  const mask = createMask(knownSecrets)
  const audit = openAuditLog({ state, clock: Date.now, mask })
  const pins =
    pinned &&
    createPins({
      store: createPinStore(state),
      clock: Date.now,
      mask,
      servers: pinned,
      note: (note) => recordPin(audit, 'tester', note),
    })
  const house: TestHouse = {
    home: home.path,
    state,
    audit,
    knownSecrets,
    rules,
    pins,
    mask,
    parking: createParking({ seconds: () => 0 }),
    budget: createBudget(limits.budget),
    pageOf: async () => null,
    decide: createDecide({
      rules: () => house.rules,
      isClient: () => true,
      ...(pins && { pinned: pins.word }),
    }),
    rows() {
      audit.flush()
      return audit.query({ after: 0, limit: 1_000_000 })
    },
    async [Symbol.asyncDispose]() {
      audit.flush()
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
  return house
}

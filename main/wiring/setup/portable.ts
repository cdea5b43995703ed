import { z } from 'zod'
import { secretsIn } from '../../detector/detect.ts'
import { WarderError } from '../../errors.ts'
import { secretsOf } from '../../servers/servers.ts'
import { type Config, configSchema } from '../../store/config-schema.ts'
import { version } from '../../version.ts'

/**
 * A whole set-up as one file that can be carried to another machine: what `config.json` says, and the names of what has to
 * be entered or signed in to again. No secret, no token, no approval: what it widens waits for a person there.
 */
const setupSchema = z.strictObject({
  warderSetup: z.literal(1),
  madeBy: z.string().max(64),
  /** RFC 3339. */
  madeAt: z.string().max(64),
  config: configSchema.omit({ $schema: true }),
  /** Names only. */
  secrets: z.array(z.string().max(64)).max(10_000),
  accounts: z
    .array(
      z.strictObject({
        server: z.string().max(64),
        account: z.string().max(256),
        issuer: z.string().max(2048),
      }),
    )
    .max(10_000),
})

export type Setup = z.output<typeof setupSchema>

/** The place of the home directory in paths: it is another one on the other machine. */
const HOME = '{home}'

/**
 * @param home absolute; the user's home directory
 * @throws WarderError `setup.secret_found` where something in the configuration looks like a credential after all
 */
export function makeSetup(
  config: Config,
  accounts: Setup['accounts'],
  { home, now }: { readonly home: string; readonly now: Date },
): Setup {
  const { $schema: _, ...rest } = config
  const portable = withPaths(rest, (text) =>
    text === home || text.startsWith(`${home}/`) || text.startsWith(`${home}\\`)
      ? HOME + text.slice(home.length)
      : text,
  )
  const setup = {
    warderSetup: 1 as const,
    madeBy: `warder ${version}`,
    madeAt: now.toISOString(),
    config: portable,
    secrets: [...new Set(Object.values(config.servers).flatMap(secretsOf))].sort(),
    accounts,
  }
  refuseSecrets(setup.config, [])
  return setupSchema.parse(setup)
}

/** @throws WarderError `setup.invalid` */
export function readSetup(text: string, home: string): Setup {
  try {
    const { config, ...setup } = setupSchema.parse(JSON.parse(text))
    const local = withPaths(config, (part) =>
      part.startsWith(HOME) ? home + part.slice(HOME.length) : part,
    )
    return { ...setup, config: configSchema.omit({ $schema: true }).parse(local) }
  } catch (cause) {
    throw new WarderError('setup.invalid', 'This is no file of `warder setup export`.', { cause })
  }
}

/** One thing that a set-up would change here. */
export interface SetupChange {
  readonly kind: 'server' | 'provider' | 'client' | 'rule' | 'setting'
  readonly name: string
  /** `same`: it is like that already. `differs`: another one of that name is here, and stays. */
  readonly state: 'new' | 'same' | 'differs'
  /** Where it goes in config.json, and what. */
  readonly location: (string | number)[]
  readonly value: unknown
}

/** What is here stays as it is: only what is missing is taken over. */
export function changesOf({ config }: Setup, here: Config): SetupChange[] {
  const sections = (['servers', 'providers', 'clients', 'settings'] as const).flatMap((section) =>
    Object.entries(config[section]).map(([name, value]): SetupChange => {
      const mine: Readonly<Record<string, unknown>> = here[section]
      const before = Object.hasOwn(mine, name) ? mine[name] : undefined
      return {
        kind: KINDS[section],
        name,
        state:
          before === undefined
            ? 'new'
            : canonical(before) === canonical(value)
              ? 'same'
              : 'differs',
        location: [section, name],
        value,
      }
    }),
  )
  const rules = config.rules.map(
    (rule): SetupChange => ({
      kind: 'rule',
      name: `${rule.effect} ${rule.client} at ${rule.server}`,
      state: here.rules.some((mine) => canonical(mine) === canonical(rule)) ? 'same' : 'new',
      location: ['rules', -1],
      value: rule,
    }),
  )
  // What denies comes first: nothing is open while the rest is written.
  return [
    ...rules.filter(({ value }) => isDeny(value)),
    ...sections,
    ...rules.filter(({ value }) => !isDeny(value)),
  ]
}

const KINDS = {
  servers: 'server',
  providers: 'provider',
  clients: 'client',
  settings: 'setting',
} as const

const isDeny = (value: unknown) => (value as { effect?: string }).effect === 'deny'

/** Members in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function withPaths<T>(value: T, change: (text: string) => string): T {
  const walk = (inner: unknown): unknown => {
    if (typeof inner === 'string') return change(inner)
    if (Array.isArray(inner)) return inner.map(walk)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([name, member]) => [name, walk(member)]))
  }
  return walk(value) as T
}

/** `config.json` refuses credentials where they usually stand; this file goes further, and so does the look. */
function refuseSecrets(value: unknown, at: readonly string[]): void {
  if (typeof value === 'string' && !/^(?:secret|grant):/.test(value) && secretsIn(value).length > 0)
    throw new WarderError(
      'setup.secret_found',
      `${at.join('.')} in config.json looks like a credential. Nothing was written.`,
    )
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) refuseSecrets(member, [...at, name])
}

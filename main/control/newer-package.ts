import { canonicalJson } from '../audit/canonical-json.ts'
import { WarderError } from '../errors.ts'
import { packageOf } from '../servers/package-of.ts'
import { describe, pick, quote, type Server } from '../servers/servers.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { keepPin, prepare, withPin } from './local-runs.ts'
import { bindSecrets } from './new-server.ts'
import type { Handlers } from './types.ts'

/** A server of an npm package stays at the version that was approved until somebody asks for what its command comes to now. */
export function newerPackageHandlers(house: ControlHouse): Handlers<'servers:update'> {
  const { config, presence } = house
  return {
    async 'servers:update'({ name, confirm: answer }) {
      const server = pick(config.current().servers, name)
      const before = packageIn(server)
      const fresh = await withPin(server, house)
      const now = packageIn(fresh)
      const changed = canonicalJson(now) !== canonicalJson(before)
      const view = { package: now.name, before: before.version, version: now.version, changed }
      if (!changed) return view
      await confirm(
        presence,
        {
          kind: 'server.run',
          title: `Run another version for ${name}`,
          lines: [`in the place of version ${quote(before.version)}:`, ...describe(fresh)],
        },
        answer,
      )
      // A person may take long to answer, and agrees to nothing that came meanwhile.
      if (
        canonicalJson(config.current().servers[name] ?? null) !== canonicalJson(server.definition)
      )
        throw new WarderError(
          'usage.invalid',
          `${name} was changed meanwhile. Nothing was updated.`,
        )
      await bindSecrets(fresh, house)
      await keepPin(fresh, house)
      prepare(fresh, house)
      return view
    },
  }
}

function packageIn({ name, definition }: Server) {
  const found = packageOf(definition)
  if (found !== null) return found
  throw new WarderError(
    'usage.invalid',
    `${name} runs from no package that Warder has installed: npx NAME does.`,
  )
}

import { type Choices, chosenAccount } from '../oauth/account-choice.ts'
import type { Asker } from '../oauth/asker.ts'
import { injections, pick } from '../servers/servers.ts'
import { realFolder } from '../store/folders.ts'

/** Whether somebody's choice differs for the server, or for one whose token its definition asks for. */
export function choosesOthers(
  name: string,
  asker: Asker,
  before: Choices,
  after: Choices,
): boolean {
  // What happens to one that is gone is told elsewhere.
  if (!Object.hasOwn(after.servers, name)) return false
  const { definition } = pick(after.servers, name)
  const others = injections(definition).flatMap(({ from }) =>
    from.kind === 'grant' ? [from.server] : [],
  )
  const account = (choices: Choices, server: string) =>
    chosenAccount(choices, server, asker, realFolder)?.account
  return [name, ...others].some((server) => account(before, server) !== account(after, server))
}

import { WarderError } from '../errors.ts'
import type { Rule } from '../store/config-schema.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/**
 * Takes single tools from a client by a rule each, so that they cost its context nothing, and gives them back. Taking
 * narrows and never asks; only rules of exactly this form are taken out again, whoever wrote them.
 */
export function trimHandlers({ config, presence }: ControlHouse): Handlers<'clients:trim'> {
  return {
    async 'clients:trim'({ client, server, tool, hide, confirm: answer }) {
      if (!Object.hasOwn(config.current().clients, client))
        throw new WarderError('client.unknown', `There is no client ${client}.`)
      if (!Object.hasOwn(config.current().servers, server))
        throw new WarderError('server.unknown', `There is no server ${server}.`)
      // In a rule these stand for any characters, so the rule would be about other tools too.
      if (/[*?]/.test(tool))
        throw new WarderError(
          'usage.invalid',
          'The name of this tool holds * or ?: write the rule in config.json yourself.',
        )
      const rule: Rule = { effect: 'deny', client, server, tool }
      const isThis = (other: Rule) =>
        Object.keys({ ...rule, ...other }).every(
          (key) => rule[key as keyof Rule] === other[key as keyof Rule],
        )
      const there = config.current().rules.some(isThis)
      if (hide) {
        if (there) return {}
        await config.edit(
          ({ rules, ...rest }) => ({ ...rest, rules: [...rules, rule] }),
          (file) => file.set(['rules', -1], rule),
        )
        return {}
      }
      if (!there)
        throw new WarderError(
          'usage.invalid',
          `No rule takes exactly ${tool} from ${client}: look at the rules in config.json.`,
        )
      await confirm(
        presence,
        {
          kind: 'client.untrim',
          title: `Give ${tool} back to ${client}`,
          lines: [`${client} may then call ${tool} of ${server} where another rule allows it`],
        },
        answer,
      )
      await config.edit(
        ({ rules, ...rest }) => ({ ...rest, rules: rules.filter((other) => !isThis(other)) }),
        (file) => {
          // From the end, so that the places of the others hold.
          for (const [index, other] of [...file.read().rules.entries()].toReversed())
            if (isThis(other)) file.set(['rules', index], undefined)
        },
      )
      return {}
    },
  }
}

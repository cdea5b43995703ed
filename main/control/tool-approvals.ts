import type { ApprovalView, ToolPinView } from '../../preload/contract/index.ts'
import { toolDiff } from '../bridge/pins/diff.ts'
import { spelled } from '../bridge/pins/hidden.ts'
import type { PinQuestion } from '../bridge/pins/pins.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

/** What a person is asked about tools: those that are held, and those in use that nobody has looked at yet. */
export function toolApprovals(house: Pick<ControlHouse, 'pins' | 'presence'>): {
  list(): ApprovalView[]
  /** @throws WarderError `approval.unknown`, `approval.impossible`, `presence.*` */
  decide(id: string, approve: boolean, answer: string | undefined): Promise<void>
  has(id: string): boolean
} {
  const { pins, presence } = house

  function view({ id, pin }: PinQuestion): ApprovalView {
    const { faults, approved, held, heldAt, notedAt } = pin
    const tool = `${spelled(pin.tool)} of ${pin.server}`
    const { content, heldContent } = pins.texts(pin)
    const final = faults.filter((fault) => fault.final)
    const text = held === null ? content : heldContent
    return {
      id,
      kind: held === null ? 'tool.look' : 'tool.use',
      title: titleOf(tool, pin, final.length > 0),
      lines: [
        ...(held === null
          ? ['It is in use. Approving says that you have read it; denying withholds it.']
          : ['No client sees it, and calls of it are refused.']),
        ...faults.map(({ words }) => `It ${words}.`),
        ...pin.notes.map((words) => `It ${words}.`),
        ...(final.length > 0 ? ['It cannot be approved: who made the server has to mend it.'] : []),
        ...(text === null
          ? ['It is too long to be shown.']
          : toolDiff(approved.length > 0 && held !== null ? content : null, text)),
      ],
      since: instantView(heldAt ?? notedAt ?? 0),
      approvable: final.length === 0,
    }
  }

  return {
    list: () => pins.waiting().map(view),
    has: (id) => pins.question(id) !== undefined,
    async decide(id, approve, answer) {
      const asked = pins.question(id)
      if (!approve || asked === undefined) return pins.deny(id)
      const { title, lines, approvable } = view(asked)
      if (approvable) await confirm(presence, { kind: 'tool.use', title, lines }, answer)
      // The server may have listed another one while the person was reading: that has another id.
      pins.approve(id)
    },
  }
}

function titleOf(tool: string, { held, approved }: PinQuestion['pin'], isFinal: boolean): string {
  if (held === null) return `Look at the tool ${tool}`
  if (isFinal) return `The tool ${tool} is withheld`
  return approved.length > 0 ? `Use the tool ${tool} as it is now` : `Use the tool ${tool}`
}

/** Every tool of a server that was ever listed, and where it stands. */
export function toolHandlers(house: ControlHouse): Handlers<'servers:pins'> {
  return {
    async 'servers:pins'({ name }) {
      knownServer(house.config, name)
      return house.pins.toolsOf(name).map(({ pin, id }): ToolPinView => {
        const { held, denied, heldAt, notedAt, approvedAt } = pin
        const words = [...pin.faults.map((fault) => fault.words), ...pin.notes]
        return {
          name: pin.tool,
          state:
            held === null ? (id === null ? 'pinned' : 'to-look-at') : denied ? 'denied' : 'held',
          since: instantView(heldAt ?? notedAt ?? approvedAt ?? 0),
          fingerprint: held ?? pin.approved.at(-1) ?? '',
          approval: id,
          words,
        }
      })
    },
  }
}

import type { Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { wiringClient } from '../wiring/clients/index.ts'
import { wiredPlaces } from '../wiring/drift.ts'
import { findClients, isRunning } from '../wiring/find-clients.ts'
import { nextSteps } from '../wiring/next.ts'
import type { WiringPlan } from '../wiring/plan.ts'
import type { Wiring } from '../wiring/wiring.ts'
import { letClientIn, removeClient } from './clients.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/** The user's own files only; those of projects are wired in their folder, by the command line. */
export function wiringHandlers(
  house: ControlHouse,
): Handlers<'wiring:list' | 'wiring:preview' | 'wiring:wire' | 'wiring:unwire'> {
  const { wiring, presence, config } = house
  const isIn = (name: string) => Object.hasOwn(config.current().clients, name)

  return {
    async 'wiring:list'() {
      return listed(wiring, isIn)
    },
    async 'wiring:preview'({ client, action }) {
      return previewView(planned(wiring, client, action))
    },
    async 'wiring:wire'({ client: name, digest, confirm: answer }) {
      const plan = planned(wiring, name, 'wire')
      const { client } = plan
      refuseOther(plan, digest)
      const known = isIn(client.id)
      if (plan.changes || !known)
        await confirm(
          presence,
          {
            kind: 'wiring.wire',
            title: `Wire ${client.title}`,
            lines: [
              ...plan.diff,
              ...plan.notes,
              ...(known
                ? []
                : [
                    `${client.id} gets a socket and a bearer of its own`,
                    `${client.id} may then call every tool of every server, until you narrow the rules in config.json`,
                  ]),
            ],
          },
          answer,
        )
      if (!known) await letClientIn(house, client.id)
      try {
        wiring.apply(plan, !known)
      } catch (error) {
        if (!known) await removeClient(house, client.id)
        throw error
      }
      // What was to be done about it at the next start is settled.
      wiring.ledger.setPending(client.id, null)
      return previewView(plan)
    },
    async 'wiring:unwire'({ client: name, digest }) {
      const plan = planned(wiring, name, 'unwire')
      refuseOther(plan, digest)
      const { id } = plan.client
      const place = { client: id, scope: plan.scope, file: plan.before.file }
      const letIn = wiring.ledger.find(place)?.letIn === true
      wiring.apply(plan)
      const [other] = wiring.ledger.records().filter(({ client }) => client === id)
      if (letIn && other !== undefined) wiring.ledger.keep({ ...other, letIn })
      if (letIn && other === undefined) {
        wiring.ledger.setPending(id, null)
        if (isIn(id)) await removeClient(house, id)
      }
      return previewView(plan)
    },
  }
}

/** What is wrong with what was wired, in sentences. */
export function wiringProblems({ wiring }: Pick<ControlHouse, 'wiring'>): string[] {
  const places = wiredPlaces(wiring)
  const pending = Object.entries(wiring.ledger.pending()).filter(([, wanted]) => wanted === 'in')
  return [
    ...places.flatMap(({ problem }) => problem ?? []),
    ...(places.length > 0 && !wiring.launcher.works()
      ? ['What the clients start is gone: `warder wire` of any client writes it anew']
      : []),
    ...pending.map(
      ([name]) => `${name} was wired and is not let in yet: \`warder client add ${name}\``,
    ),
  ]
}

const planned = (wiring: Wiring, name: string, action: WiringPlan['action']) =>
  action === 'wire'
    ? wiring.planWire(wiringClient(name), 'user')
    : wiring.planUnwire(wiringClient(name), 'user')

function refuseOther(plan: WiringPlan, digest: string): void {
  if (plan.digest === digest) return
  throw new WarderError(
    'wiring.changed',
    `${plan.before.file} is no longer what it was when the change was shown. Nothing was written.`,
  )
}

function listed(wiring: Wiring, isIn: (name: string) => boolean): Output<'wiring:list'> {
  const places = wiredPlaces(wiring)
  return findClients(wiring.where).flatMap(({ client, installed, running, files: [file] }) => {
    if (file === undefined) return []
    const place = places.find(
      ({ record }) => record.client === client.id && record.file === file.file,
    )
    return {
      client: client.id,
      title: client.title,
      installed,
      running,
      file: file.file,
      fileState: file.state,
      servers: file.servers.map(({ name, transport, ours }) => ({ name, transport, ours })),
      wired: place?.state ?? null,
      problem: place?.problem ?? file.problem,
      letIn: isIn(client.id),
    }
  })
}

function previewView(plan: WiringPlan): Output<'wiring:preview'> {
  const { action, client, before, changes, diff, digest, notes } = plan
  return {
    ...{ action, client: client.id, file: before.file, changes, digest },
    diff: [...diff],
    notes: [...notes],
    next: nextSteps(client, plan, isRunning(client)),
  }
}

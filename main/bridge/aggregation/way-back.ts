import { WarderError } from '../../errors.ts'
import { type NotificationMessage, type RequestMessage, readMessage } from '../envelope.ts'
import { readJson } from '../json-scan.ts'
import { refusal } from '../refusal.ts'
import type { Channel } from '../types.ts'
import { LIST_NAMES, type ListName } from './bursts.ts'
import { labelled, labelledCancel } from './labels.ts'

/** What the servers say to a client that has several of them. */
export interface WayBack {
  /**
   * @param key of the branch that speaks
   * @param to the client's own channel at that moment; null where there is none
   */
  through(key: string, to: () => Channel | null): Channel
}

export function createWayBack(options: {
  /** Whether a call at this branch waits under this progress token. */
  owns: (key: string, token: string) => boolean
  /** Lists of this branch have changed. */
  changed: (names: readonly ListName[], key: string) => void
  /** An answer of this branch named this resource. */
  link: (key: string, uri: string) => void
  /** Answers a request of a branch that nobody can be asked. */
  refuse: (key: string, text: string) => void
}): WayBack {
  const { owns, changed, link, refuse } = options

  function request(message: RequestMessage, key: string, channel: Channel | null): void {
    if (channel !== null) {
      channel.send(labelled(message, key))
      return
    }
    const error = new WarderError('policy.denied', 'The client cannot be asked now.')
    refuse(key, refusal(message.id, error))
  }

  /** @returns what the client gets; null where that is nothing */
  function notification(message: NotificationMessage, key: string): string | null {
    const names = LIST_NAMES.filter((name) => message.method === listChanged(name))
    if (names.length > 0) {
      changed(names, key)
      return null
    }
    if (message.method === 'notifications/cancelled') return labelledCancel(message, key)
    if (message.method !== 'notifications/progress') return message.text
    // Of two servers one could speak of the other's call: the token is no secret.
    const token = message.params?.member('progressToken')?.raw
    return token !== undefined && owns(key, token) ? message.text : null
  }

  return {
    through(key, to) {
      const { leaving } = to() ?? {}
      return {
        send(text) {
          const message = readMessage(text)
          if (message.kind === 'request') return request(message, key, to())
          const said = message.kind === 'notification' ? notification(message, key) : text
          if (said !== null) to()?.send(said)
        },
        reply(text) {
          for (const uri of linksIn(text)) link(key, uri)
          to()?.reply(text)
        },
        refuse: (text) => to()?.refuse(text),
        room: () => to()?.room?.(),
        ...(leaving === undefined ? {} : { leaving }),
      }
    },
  }
}

const listChanged = (name: ListName) => `notifications/${name}/list_changed`

/** The resources that a tool's result links to (MCP 2025-11-25, Tools, Resource Links). */
export function linksIn(text: string): string[] {
  // Most results hold none, and reading them again costs.
  if (!text.includes('resource_link')) return []
  const content = readJson(text).member('result')?.member('content')?.elements() ?? []
  return content.flatMap((block) =>
    block.member('type')?.string() === 'resource_link' ? (block.member('uri')?.string() ?? []) : [],
  )
}

import { type RequestMessage, readMessage } from './envelope.ts'
import { LISTS, SUBSCRIPTION } from './eras/listening.ts'
import { splice } from './json-scan.ts'
import type { Channel } from './types.ts'

/** The way back for one `subscriptions/listen` (MCP 2026-07-28, Subscriptions). */
export interface SubscriptionWay {
  /** What goes to the client names the stream as the client does: by the id of its request. */
  readonly channel: Channel
  /** Tells the client, where it wants to hear it, that lists are others: a rule or a sign-in may have changed them. */
  listsChanged(): void
}

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

export function subscriptionWay(channel: Channel, { id }: RequestMessage): SubscriptionWay {
  /** Null before the acknowledgement: nothing may come before it. */
  let lists: readonly string[] | null = null

  function named(text: string): string {
    const message = readMessage(text)
    const holder = message.kind === 'response' ? message.result : message.params
    const node = holder?.member('_meta')?.member(SUBSCRIPTION)
    if (message.kind === 'notification' && message.method === ACKNOWLEDGED) {
      const agreed = message.params?.member('notifications')
      lists = LISTS.flatMap(([name, feature]) =>
        agreed?.member(name)?.boolean() === true ? [feature] : [],
      )
    }
    if (node === undefined) return text
    return splice(text, [{ start: node.start, end: node.end, text: id }])
  }

  return {
    channel: {
      ...channel,
      send: (text) => channel.send(named(text)),
      reply: (text) => channel.reply(named(text)),
    },
    listsChanged() {
      for (const feature of lists ?? [])
        channel.send(
          `{"jsonrpc":"2.0","method":"notifications/${feature}/list_changed","params":{"_meta":{"${SUBSCRIPTION}":${id}}}}`,
        )
    },
  }
}

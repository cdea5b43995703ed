import type { Channel, EventName, Events, Output, Parsed } from '../../preload/contract/index.ts'

/**
 * The control API as the transports see it: IPC, the control socket and the page's loopback HTTP hand every call to
 * the same `call`, which parses the input by the channel's schema. Who may call is settled by the transport before.
 */
export interface Control {
  /** @throws WarderError only: `usage.unknown_channel`, `usage.invalid`, and those of the area */
  call(channel: string, input: unknown): Promise<unknown>
  /** @returns a function that ends the subscription */
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void
}

/** What an area of the control API gives for its channels; the input has passed the channel's schema. */
export type Handlers<C extends Channel = Channel> = {
  [K in C]: (input: Parsed<K>) => Promise<Output<K>>
}

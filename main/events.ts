/** What a lower room tells a higher one: a typed list of listeners, called in order, none able to break another. */
export interface Emitter<Events extends { [E in keyof Events]: unknown[] }> {
  on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): () => void
  emit<E extends keyof Events>(event: E, ...args: Events[E]): void
  /** Somebody listens: otherwise what is told need not be made. */
  heard(event: keyof Events): boolean
}

export function createEmitter<
  Events extends { [E in keyof Events]: unknown[] },
>(): Emitter<Events> {
  const listeners: { [E in keyof Events]?: Set<(...args: Events[E]) => void> } = {}
  return {
    on(event, listener) {
      const set = listeners[event] ?? new Set()
      listeners[event] = set
      set.add(listener)
      return () => void set.delete(listener)
    },
    heard: (event) => (listeners[event]?.size ?? 0) > 0,
    emit(event, ...args) {
      const failures: unknown[] = []
      for (const listener of listeners[event] ?? []) {
        try {
          listener(...args)
        } catch (error) {
          failures.push(error)
        }
      }
      // A listener that throws is a defect of ours: the others have been told, now let the process's handler see it.
      if (failures.length > 0)
        queueMicrotask(() => {
          throw new AggregateError(failures, `listener of ${String(event)}`)
        })
    },
  }
}

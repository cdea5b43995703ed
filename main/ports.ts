/**
 * The four things a shell supplies. No other module knows which shell it wears (`docs/architecture.md`).
 */

/** Opens a URL in the system browser. The string has passed `net/url-policy.ts` and is handed over byte for byte. */
export interface Browser {
  /** @throws WarderError `oauth.browser_failed` */
  open(url: string): Promise<void>
}

/** Tells a person something that is not urgent enough to interrupt. Never holds a secret. */
export interface Notifier {
  notify(note: {
    title: string
    body: string
    /** What would settle it; a shell that can offers it on a button. */
    offer?: { to: 'sign-in'; server: string } | { to: 'approve' } | { to: 'update' }
  }): void
}

/** Whether Warder starts when the person logs in. A shell that cannot arrange it has none. */
export interface Autostart {
  isOn(): boolean
  /** @throws Error where the system refuses */
  set(on: boolean): void
}

/** Asks a person where a file goes. A shell whose page is in a browser has none: there the browser keeps files. */
export interface FileKeeper {
  /**
   * @param name proposed, without a folder
   * @returns null where the person says no
   * @throws WarderError `store.unwritable` where nothing can be written at the chosen place
   */
  choose(name: string): Promise<KeptFile | null>
}

/** A file that is being written. What was at its place before stays there until it is finished. */
export interface KeptFile {
  /** @throws WarderError `store.unwritable`; nothing is left of it then */
  write(text: string): void
  /** @throws WarderError `store.unwritable`; nothing is left of it then */
  finish(): void
  discard(): void
}

/** A plain description of what would be allowed, complete and untruncated (SEP-1024). */
export interface TrustAction {
  /** `client.add`, `server.run`, … : stable, for the audit. */
  readonly kind: string
  readonly title: string
  readonly lines: readonly string[]
}

/** Is a person there, and do they agree? Everything that widens trust asks. */
export interface Presence {
  /**
   * @param answer the challenge that the caller repeats after it asked the person itself (the command line on a
   *   terminal, the page in a browser); a shell that asks in a window of its own ignores it
   * @returns false when refused
   * @throws WarderError `presence.required` with `details: { challenge, title, lines }` where the caller has to ask
   */
  confirm(action: TrustAction, answer?: string): Promise<boolean>
}

/** A module that runs in a child process of its own, because it may hang or crash (keytar's). */
export interface HelperProcess {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, however the child ended. */
  onExit(listener: () => void): void
  kill(): void
}

export interface Helper {
  /** @param module absolute path or file URL of an ES module of ours */
  start(module: string): HelperProcess
}

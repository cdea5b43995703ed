/** What the driven process and the test tell each other over Node's IPC channel. */

export interface MenuNode {
  readonly label: string
  readonly type: string
  readonly enabled: boolean
  /** Of a check box. */
  readonly checked: boolean
  readonly items: readonly MenuNode[]
}

export interface OpenDialog {
  readonly id: number
  readonly message: string
  readonly detail: string
  readonly buttons: readonly string[]
  readonly defaultId: number
  readonly cancelId: number
}

/** All that a person would see of the desktop, sent whole after each change. */
export interface Snapshot {
  /** CDP endpoint of the Chromium that shows the windows; null before the first window. */
  readonly cdp: string | null
  readonly windows: readonly { readonly url: string; readonly visible: boolean }[]
  readonly tray: {
    readonly image: string
    readonly tooltip: string
    readonly menu: readonly MenuNode[]
  } | null
  /** Questions that wait for an answer. */
  readonly dialogs: readonly OpenDialog[]
  /** Texts of error boxes. */
  readonly errors: readonly string[]
  readonly notifications: readonly {
    readonly title: string
    readonly body: string
    readonly buttons: readonly string[]
  }[]
  /** What was handed to `shell.openExternal`. */
  readonly opened: readonly string[]
  /** What the page tried and was denied: `navigate URL`, `frame URL`, `open`. */
  readonly denied: readonly string[]
  /** Arguments of the start that was asked for when this one ends; null where none was. */
  readonly relaunched: readonly string[] | null
}

export type Command =
  | { readonly do: 'click'; readonly path: readonly string[] }
  /** @property file the place that a person chose, where one is asked for; empty: the proposed one */
  | {
      readonly do: 'answer'
      readonly dialog: number
      readonly button: number
      readonly file: string
    }
  | { readonly do: 'close-window' }
  /** Clicks a notification, or one of its buttons. */
  | { readonly do: 'notification'; readonly index: number; readonly button: number | null }
  | { readonly do: 'power'; readonly event: 'suspend' | 'resume' | 'lock-screen' }
  /** What macOS sends for a link. */
  | { readonly do: 'open-url'; readonly url: string }
  | { readonly do: 'permissions' }
  /** What the window was made with, and what it is denied. */
  | { readonly do: 'probe' }

/** True: it was prevented. */
export interface Probe {
  readonly preferences: Readonly<Record<string, unknown>>
  readonly webview: boolean
  readonly redirect: boolean
  readonly navigation: boolean
  readonly frameNavigation: boolean
  readonly newWindow: boolean
  readonly download: boolean
}

export type FromDriven =
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string }

export interface ToDriven {
  readonly id: number
  readonly command: Command
}

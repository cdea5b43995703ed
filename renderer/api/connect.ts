import { companionOver, type DesktopBridge } from '../../preload/contract/bridge.ts'
import type { CompanionApi } from '../../preload/contract/index.ts'
import { companionOverHttp } from './http.ts'
import { takeBearer } from './session.ts'

/** The companion behind this page: the desktop window's bridge, else loopback HTTP, else nobody signed in here. */
export function connect(): CompanionApi | undefined {
  const { warder } = window as Window & { warder?: DesktopBridge }
  if (warder !== undefined) return companionOver(warder)
  const bearer = takeBearer()
  return bearer === undefined ? undefined : companionOverHttp(bearer)
}

import { createContext, use } from 'react'
import type { CompanionApi } from '../../preload/contract/index.ts'

export const ApiContext = createContext<CompanionApi | undefined>(undefined)

export function useApi(): CompanionApi {
  const api = use(ApiContext)
  if (api === undefined) throw new Error('useApi outside of App')
  return api
}

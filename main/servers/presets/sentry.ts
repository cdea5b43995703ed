import type { Preset } from './preset.ts'

export const sentry: Preset = {
  name: 'sentry',
  title: 'Sentry',
  sources: ['https://docs.sentry.io/product/sentry-mcp'],
  serverUrl: 'https://mcp.sentry.dev/mcp',
  profile: {},
  registration: 'automatic',
  notes: [],
}

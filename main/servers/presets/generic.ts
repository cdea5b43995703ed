import type { Preset } from './preset.ts'

export const generic: Preset = {
  name: 'generic',
  title: 'Any other provider',
  sources: [],
  profile: {},
  registration: 'automatic',
  notes: ['An empty profile: issuer, client and quirks are for you to write into config.json.'],
}

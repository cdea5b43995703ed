import { host, type Preset } from './preset.ts'

export const gitlab: Preset = {
  name: 'gitlab',
  title: 'GitLab',
  sources: [
    'https://github.com/openai/codex/issues/40885',
    'https://gitlab.com/gitlab-org/gitlab/-/merge_requests/198566',
    'https://docs.gitlab.com/integration/oauth_provider',
  ],
  serverUrl: 'https://{tenant}/api/v4/mcp',
  tenant: {
    what: 'the host of the instance',
    example: 'gitlab.example.com',
    pattern: new RegExp(`^${host}$`),
    usual: 'gitlab.com',
  },
  profile: { revokePage: 'https://docs.gitlab.com/integration/oauth_provider' },
  registration: 'automatic',
  notes: [],
}

import { expect, it } from 'vitest'
import { linkTo, pageOfLink } from '../../main/desktop/deep-link.ts'

it.each([
  ['warder:overview', 'overview'],
  ['warder:servers/notes', 'servers/notes'],
  ['warder:clients/claude-desktop', 'clients/claude-desktop'],
  ['warder:settings', 'settings'],
])('%s opens %s', (link, page) => {
  expect(pageOfLink(link)).toBe(page)
})

it.each([
  'warder:',
  'warder:connect/notes',
  'warder:servers/notes/revoke',
  'warder:servers/notes?approve=1',
  'warder:servers/notes#x',
  'warder:servers/../approvals',
  'warder:servers/%6eotes',
  'warder:servers/',
  'warder:servers/Notes',
  `warder:servers/${'a'.repeat(33)}`,
  'warder:approvals/7',
  'warder://servers/notes',
  'warder:__proto__',
  'warder:toString',
  'warder:overview\n--background',
  ' warder:overview',
  'WARDER:overview',
  'warder-x:overview',
  'app://warder/#/servers',
  'javascript:alert(1)',
  '--overview',
])('%s names no page', (link) => {
  expect(pageOfLink(link)).toBeNull()
})

it('makes the links that it follows', () => {
  expect(pageOfLink(linkTo('#/servers/notes'))).toBe('servers/notes')
})

import { expect, it } from 'vitest'
import { releaseNeeds } from '../../scripts/packaging/release-needs.ts'

const ready = {
  version: '1.2.3',
  homepage: 'https://warder.example',
  repository: 'github:warder/warder',
  author: 'The Warder authors <people@warder.example>',
}
const missing = (manifest: object, tag: string | null = null) =>
  releaseNeeds(manifest, tag).map(({ what }) => what)

it('needs nothing where everything was decided', () => {
  expect(missing(ready, 'v1.2.3')).toEqual([])
  expect(missing({ ...ready, author: { name: 'W', email: 'people@warder.example' } })).toEqual([])
})

it('names each decision that is open', () => {
  expect(missing({ version: '1.2.3', author: 'The Warder authors' })).toEqual([
    '`homepage` in package.json',
    'an address in `author` of package.json',
    '`repository` in package.json',
  ])
  expect(missing({ ...ready, author: 'W <no address>' })).toHaveLength(1)
  expect(missing({ ...ready, author: { name: 'W' } })).toHaveLength(1)
  expect(missing(ready, 'v1.2.4')).toEqual(['the tag v1.2.3'])
})

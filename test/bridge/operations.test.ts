import { describe, expect, it } from 'vitest'
import { readJson } from '../../main/bridge/json-scan.ts'
import { operationOn } from '../../main/bridge/operations.ts'

const operation = (uri: string) => operationOn('resource', readJson(JSON.stringify(uri)))

describe('a resource', () => {
  it.each([
    'file:///pub/../secret',
    'file:///pub/./x',
    'file:///pub/..',
    'file:///pub/.. ',
    'file:///pub/..?x',
    'file:///pub\\..\\secret',
    'file:///pub/%2e%2E/secret',
    'file:///pub/..%2fsecret',
    'file:///pub%2f..%2Fsecret',
    'file:///pub/x%5c..%5Csecret',
    'file:///pub/%252e%252e/secret',
    'file:///pub/..%25252fsecret',
    'file:///pub/..;x/secret',
    'file:///pub/.\t./secret',
    'file:///pub/.\n./secret',
    'file:///pub/\u0000',
  ])('that reads in two ways is nothing that can be decided about: %j', (uri) => {
    expect(operation(uri)).toBeNull()
  })

  it.each([
    'file:///a..b/c.d',
    'https://example.com/.well-known/x',
    'https://example.com/a?path=../b',
    'notes://today/50%25',
    'my notes',
    'file:///My Documents/é',
    'demo://x/{name}',
  ])('is what it says: %j', (uri) => {
    expect(operation(uri)).toEqual({ kind: 'resource', name: uri })
  })
})

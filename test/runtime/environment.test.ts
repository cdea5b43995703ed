import { describe, expect, it } from 'vitest'
import { childEnvironment } from '../../main/runtime/environment.ts'

const ours = {
  HOME: '/home/u',
  LANG: 'C.UTF-8',
  LOGNAME: 'u',
  PATH: '/bin',
  SHELL: '/bin/sh',
  TERM: 'xterm',
  TMPDIR: '/tmp',
  USER: 'u',
  AWS_SECRET_ACCESS_KEY: 'planted',
  NODE_OPTIONS: '--require=/tmp/x.js',
  LD_PRELOAD: '/tmp/x.so',
  NODE_EXTRA_CA_CERTS: '/tmp/ca',
  GITHUB_TOKEN: 'planted',
}

describe('childEnvironment', () => {
  it('passes eight names of ours and exactly what is injected', () => {
    const { AWS_SECRET_ACCESS_KEY: _1, NODE_OPTIONS: _2, LD_PRELOAD: _3, ...rest } = ours
    const { NODE_EXTRA_CA_CERTS: _4, GITHUB_TOKEN: _5, ...kept } = rest
    expect(childEnvironment({ NOTION_TOKEN: 'own' }, ours, 'linux')).toEqual({
      ...kept,
      NOTION_TOKEN: 'own',
    })
  })

  it('lets the definition win, and adds nothing that we do not have', () => {
    expect(childEnvironment({ HOME: '/srv' }, { HOME: '/home/u' }, 'linux')).toEqual({
      HOME: '/srv',
    })
    expect(childEnvironment({}, { HOME: undefined }, 'linux')).toEqual({})
  })

  it('takes __proto__ for a name like any other', () => {
    const injected = Object.fromEntries([['__proto__', 'x']])
    expect(Object.keys(childEnvironment(injected, {}, 'linux'))).toEqual(['__proto__'])
  })

  it('compares names without case on Windows only', () => {
    const windows = {
      Path: 'C:\\bin',
      SystemRoot: 'C:\\Windows',
      HOME: '/home/u',
      Token: 'planted',
    }
    expect(childEnvironment({ PATH: 'D:\\own' }, windows, 'win32')).toEqual({
      PATH: 'D:\\own',
      SystemRoot: 'C:\\Windows',
    })
    expect(childEnvironment({ path: 'own' }, { PATH: '/bin' }, 'linux')).toEqual({
      PATH: '/bin',
      path: 'own',
    })
  })
})

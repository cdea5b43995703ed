import { describe, expect, test } from 'vitest'
import { wiringClient } from '../../main/wiring/clients/index.ts'
import { withEntry, withoutEntry } from '../../main/wiring/edit.ts'
import { isKept } from './is-kept.ts'

const SHIM = { command: '/home/a/bin/warder-mcp', args: ['--client', 'x'] }

type Layouts = Readonly<Record<string, string>>

/** What people write by hand. */
const edited: Readonly<Record<'codex' | 'goose', Layouts>> = {
  codex: {
    'inline tables': 'mcp_servers = { a = { command = "x" }, b = { command = "y" } } # two\n',
    'an empty inline table': 'mcp_servers = {}\n[tui]\n',
    'an inline table for one': '[mcp_servers]\na = { command = "x" } # a\n',
    'dotted keys': 'mcp_servers.a.command = "x" # a\nmcp_servers.a.args = []\nmodel = "o"\n',
    'dotted keys in a table': '[mcp_servers]\na.command = "x"\na.env.K = "v"\n',
    'quoted names': '["mcp_servers"."a.b"]\ncommand = \'x\'\n[mcp_servers.\'c d\']\n',
    tabs: '[mcp_servers.a]\n\tcommand\t=\t"x"\t# a\n\t[mcp_servers.a.env]\n\tK = "v"',
    'text that looks like tables': 'a = """\n[mcp_servers.c]\ncommand = "x"\n"""',
    'a list of tables last': '[[profiles]]\nname = "a"',
    'a comment last, without an end': 'model = "o"\n# the end',
    'Windows line ends, the last without': '[mcp_servers.a]\r\ncommand = "x"',
    'nothing but comments': '# mine\n\n# yours\n',
  },
  goose: {
    'anchors and aliases':
      'base: &base # shared\n  timeout: 9\nextensions:\n  a: &a\n    cmd: x\n    <<: *base\n  b: *a\n',
    'an anchor of all servers': 'extensions: &all # here\n  a: {cmd: x}\n',
    'a flow map': 'extensions: {a: {cmd: x}, # one\n  b: {cmd: y}}\nz: 1',
    'an empty flow map': 'extensions: {} # none\nz: 1\n',
    'no value': 'extensions: # none\nz: 1\n',
    'a quoted name': '"extensions":\n  \'a b\':\n    cmd: x',
    'marks around the document': '%YAML 1.2\n---\nextensions:\n  a:\n    cmd: x\n...\n',
    'comments and blank lines between':
      '# top\n\nextensions:\n\n    # about a\n    a:\n        cmd: x # it\n\n    # about b\n    b:\n        cmd: y\n# end',
    'block texts':
      'extensions:\n  a:\n    cmd: x\n    description: |+\n      a: b\n\n\nz: >-\n  x\n  y',
    'tabs after values': 'extensions:\t# mine\n  a:\t\n    cmd: x\t# it\n',
    'lists without indentation': 'extensions:\n  a:\n    cmd: x\n    args:\n    - a\n    - b',
    'nothing but comments': '# mine\n# yours',
    'Windows line ends, the last without': 'a: 1\r\nextensions:\r\n  a:\r\n    cmd: x',
  },
}

const refused: Readonly<Record<'codex' | 'goose', Layouts>> = {
  codex: {
    'the same key twice': 'a = 1\na = 2\n',
    'the same table twice': '[mcp_servers.a]\n[mcp_servers.a]\n',
    'a list for servers': '[[mcp_servers]]\ncommand = "x"\n',
    'a text for servers': 'mcp_servers = "none"\n',
  },
  goose: {
    'servers that are an alias': 'base: &b\n  a: {cmd: x}\nextensions: *b\n',
    'servers that others refer to': 'extensions: &all\n  a: {cmd: x}\nother: *all\n',
    'the same key twice': 'extensions:\n  a: 1\n  a: 2\n',
    'tabs for indentation': 'extensions:\n\ta:\n\t\tcmd: x\n',
    'two documents': 'extensions:\n  a: {cmd: x}\n---\nextensions: {}\n',
    'a list for servers': 'extensions:\n  - cmd: x\n',
    'one flow map for everything': '{a: 1}\n',
  },
}

describe.each(['codex', 'goose'] as const)('a file of %s with', (id) => {
  const client = wiringClient(id)
  const entry = client.entry(SHIM)

  test.each(Object.entries(edited[id]))('%s gets one entry and loses it again', (_name, before) => {
    const wired = withEntry(client, before, 'warder', entry)
    expect(isKept(before, wired, entry), wired).toBe(true)
    const back = withoutEntry(client, wired, 'warder')
    expect(isKept(before, back, {}), back).toBe(true)
    expect(back).not.toContain('warder')
    for (const text of [wired, back]) {
      expect(commentsIn(text)).toEqual(commentsIn(before))
      expect(text.endsWith('\n')).toBe(before.endsWith('\n'))
      expect(/\r\n/.test(text)).toBe(/\r\n/.test(before))
      if (/\r\n/.test(before)) expect(text).not.toMatch(/(?<!\r)\n/)
    }
  })

  test.each(Object.entries(refused[id]))('%s is refused', (_name, before) => {
    const code = expect.stringMatching(/^wiring\.(?:broken|unsafe_edit)$/)
    expect(() => withEntry(client, before, 'warder', entry)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

const commentsIn = (text: string) => text.match(/#.*/g)?.map((comment) => comment.trimEnd())

import { describe, expect, it } from 'vitest'
import { isWarderError, type WarderError } from '../../main/errors.ts'
import { parseConfig } from '../../main/store/config-parse.ts'

function refusal(text: string): WarderError {
  try {
    parseConfig(text)
  } catch (error) {
    if (isWarderError(error)) return error
    throw error
  }
  throw new Error('it was accepted')
}

const lines = (...all: string[]) => all.join('\n')

describe('config.json that is not JSON', () => {
  it.each([
    ['a missing comma', lines('{', '  "rules": []', '  "clients": {}', '}'), 3, 'comma expected'],
    ['a missing value', lines('{', '  // why', '  "rules":', '}'), 4, 'value expected'],
    ['an open comment', lines('{', '/* to be', 'continued }'), 2, 'unexpected end of comment'],
    ['more than one value', lines('{}', '', '{}'), 3, 'end of file expected'],
    ['a word', lines('{', '  "rules": nope', '}'), 2, 'invalid symbol'],
    ['nothing', '', 1, 'value expected'],
    ['half a file', lines('{', '  "clients": {', '    "cur'), 3, 'unexpected end of string'],
  ])('%s is refused with line and reason', (_what, text, line, reason) => {
    for (const [spelling, edited] of [
      ['as it is', text],
      ['CRLF', text.replaceAll('\n', '\r\n')],
      ['CR', text.replaceAll('\n', '\r')],
      ['a byte order mark', `\uFEFF${text}`],
    ] as const) {
      const error = refusal(edited)
      expect(error, spelling).toMatchObject({ code: 'config.invalid', details: { line } })
      expect(error.message, spelling).toBe(`config.json, line ${line}: ${reason}`)
    }
  })

  it('takes comments, trailing commas, a byte order mark and any line break', () => {
    const text = lines(
      '{ // a comment',
      '  "clients": { "cursor": {}, /* another */ },',
      '  "rules": [ { "effect": "deny", "client": "*", "server": "*", }, ],',
      '}',
      '',
    )
    for (const spelling of [text, text.replaceAll('\n', '\r\n'), `\uFEFF${text}`])
      expect(parseConfig(spelling)).toEqual({
        servers: {},
        providers: {},
        clients: { cursor: {} },
        rules: [{ effect: 'deny', client: '*', server: '*' }],
        settings: {},
      })
  })

  it('refuses a member that is there twice, at the second place, wherever it hides', () => {
    const twice = lines(
      '{',
      '  "servers": {',
      '    "a": { "command": "shown", "args": [{"x": 1, "x": 2}] },',
      '    "a": { "command": "run" }',
      '  }',
      '}',
    )
    expect(refusal(twice).message).toBe('config.json, line 3: x is there twice')
    expect(refusal(twice.replace(', "x": 2', '')).message).toBe(
      'config.json, line 4: a is there twice',
    )
    expect(refusal(lines('{"clients": {},', '"\\u0063lients": {}}')).details).toEqual({ line: 2 })
  })

  it('refuses a member that would become a prototype', () => {
    const text = lines('{', '"__proto__": { "rules": [] }', '}')
    expect(refusal(text).message).toBe('config.json, line 2: there is no such setting')
  })
})

describe('config.json that is not a configuration', () => {
  const file = (...inner: string[]) => lines('{ "servers": {', ...inner, '} }')
  it.each([
    ['an unknown setting', lines('{', '', '  "colour":', '    1', '}'), 3, 'colour: '],
    ['a wrong type', lines('{', '  "rules":', '    7', '}'), 3, 'rules: '],
    ['the file itself', lines('// nothing', '[]'), 2, 'the file: '],
    [
      'a bad value deep down',
      file('"a": { "url": "https://a.example/",', '"headers": { "x-a": "b",', '"x-b": 5 } }'),
      4,
      'servers.a.headers.x-b: ',
    ],
    [
      'a typing error in a remote server',
      file('"a": { "url": "https://a.example/",', '"header": {} }'),
      3,
      'servers.a.header: there is no such setting',
    ],
    [
      'several errors in a remote server',
      file('"a": { "auth": 1, "oauth": 1,', '"url": 5 }'),
      3,
      'servers.a.url: ',
    ],
    [
      'a typing error in a local server',
      file('"a": { "command": "x",', '"enviroment": {} }'),
      3,
      'servers.a.enviroment: there is no such setting',
    ],
    [
      'a name that is none',
      file('"a": { "command": "x" },', '"Bad Name": {}'),
      3,
      'servers.Bad Name: a name is',
    ],
    ['a server of neither kind', file('', '"a": {}'), 3, 'servers.a.url: '],
    [
      'an effect that is none',
      lines(
        '{ "rules": [',
        '{ "effect": "deny", "client": "*", "server": "*" },',
        '{ "effect":',
        '"ask", "client": "*", "server": "*" }',
        ']}',
      ),
      4,
      'rules.1.effect: ',
    ],
    [
      'a reference without a name',
      file('"a": { "url": "https://a.example/", "headers": {', '"x-a": "secret:No Name" } }'),
      3,
      'servers.a.headers.x-a: write secret:NAME',
    ],
    ['an unwanted scheme', file('"a": { "url":', '"file:///etc/passwd" }'), 3, 'servers.a.url: '],
    [
      'a URL in disguise',
      file('"a": {', '"url": "https://a.example/\u202Exyz" }'),
      3,
      'servers.a.url: ',
    ],
    [
      'an argument with NUL',
      file('"a": { "command": "x", "args": [', '"y\\u0000" ] }'),
      3,
      'servers.a.args.0: no NUL',
    ],
  ])('%s: the line and the setting are named', (_what, text, line, reason) => {
    for (const spelling of [text, text.replaceAll('\n', '\r\n')]) {
      const error = refusal(spelling)
      expect(error).toMatchObject({ code: 'config.invalid', details: { line } })
      expect(error.message).toContain(`config.json, line ${line}: ${reason}`)
    }
  })
})

describe('a credential in config.json', () => {
  const remote = (members: string) =>
    lines('{ "servers": { "a": {', '"url": "https://a.example/mcp",', members, '} } }')
  const local = (members: string) =>
    lines('{ "servers": { "a": {', '"command": "npx",', members, '} } }')
  const value = 'hunter2-hunter2-hunter2'

  it.each([
    ['an Authorization header', remote(`"headers": { "Authorization": "${value}" }`)],
    ['a header by name', remote(`"headers": { "X-Api-Key": "${value}" }`)],
    ['a cookie', remote(`"headers": { "cookie": "sid=${value}" }`)],
    ['a bearer under another name', remote(`"headers": { "x-other": "Bearer ${value}" }`)],
    ['a variable', local(`"env": { "GITHUB_TOKEN": "${value}" }`)],
    ['a variable in one word', local(`"env": { "GITHUBTOKEN": "${value}" }`)],
    ['a key', local(`"env": { "NOTION_KEY": "${value}" }`)],
    ['a password', local(`"env": { "DB_PASS": "${value}" }`)],
    ['a personal access token', local(`"env": { "AZURE_PAT": "${value}" }`)],
    ['camel case', local(`"env": { "accessKey": "${value}" }`)],
    ['a token by its form', local(`"env": { "OTHER": "ghp_${value.replaceAll('-', 'x')}" }`)],
    ['a key by its form', local('"env": { "OTHER": "AKIAIOSFODNN7EXAMPLE" }')],
    ['a JWT', local('"env": { "OTHER": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln" }')],
    ['a database URL', local(`"env": { "DATABASE_URL": "postgres://me:${value}@db/x" }`)],
    ['a flag with =', local(`"args": ["-y", "server", "--api-key=${value}"]`)],
    ['a flag and its value', local(`"args": ["-y", "server", "--token", "${value}"]`)],
    ['a variable for a container', local(`"args": ["run", "-e", "API_TOKEN=${value}"]`)],
    ['a database URL among arguments', local(`"args": ["postgresql://me:${value}@db/x"]`)],
    ['a header among arguments', local(`"args": ["--header", "Authorization: Bearer ${value}"]`)],
  ])('%s is refused with its line, and not repeated', (_what, text) => {
    const error = refusal(text)
    expect(error).toMatchObject({ code: 'config.secret_in_clear', details: { line: 3 } })
    expect(error.message).toMatch(
      /^config\.json, line 3: .* of a looks like a credential in clear text\.$/,
    )
    expect(JSON.stringify([error.message, error.details])).not.toContain(value)
  })

  it.each([
    `https://me:${value}@a.example/`,
    `https://${value}@a.example/`,
    `https://a.example/?api_key=${value}`,
    `https://a.example/mcp?x=1&access_token=${value}`,
    `https://a.example/?x=ghp_${value.replaceAll('-', 'x')}`,
  ])('is refused in a URL', (url) => {
    const error = refusal(lines('{ "servers": { "a": {', `"url": ${JSON.stringify(url)}`, '} } }'))
    expect(error).toMatchObject({ code: 'config.secret_in_clear', details: { line: 2 } })
    expect(error.message).not.toContain('hunter2')
  })

  it('is refused as a client secret that only begins like a reference', () => {
    const text = remote(`"oauth": { "clientSecret": "secret:${value} ${value}" }`)
    const error = refusal(text)
    expect(error).toMatchObject({ code: 'config.invalid', details: { line: 3 } })
    expect(error.message).not.toContain(value)
  })

  it.each([
    ['references', remote('"headers": { "Authorization": "secret:a-key", "X-Token": "grant:b" }')],
    [
      'a reference that reads like a token',
      local('"env": { "API_KEY": "secret:sk-aaaaaaaaaaaaaaaaaaaa" }'),
    ],
    ['an author', local('"env": { "GIT_AUTHOR_NAME": "Ada Lovelace" }')],
    ['a limit', local('"env": { "MAX_TOKENS": "128000", "TOKENIZERS_PARALLELISM": "false" }')],
    ['a switch', local('"env": { "AUTH": "none", "USE_SESSION": "true", "AUTH_METHOD": "oidc" }')],
    ['a place', local('"env": { "SSH_AUTH_SOCK": "/run/agent", "KEY_FILE": "/etc/key.pem" }')],
    ['a public key', local('"env": { "SIGNING_PUBLIC_KEY": "MCowBQYDK2VwAyEA" }')],
    [
      'ordinary arguments',
      local(
        '"args": ["-y", "@scope/server@1.2.3", "--key-file", "/x", "--token-limit=9", "/home/me"]',
      ),
    ],
    ['a URL among arguments', local('"args": ["https://example.com:8443/a@b?page=2"]')],
    [
      'an ordinary header',
      remote('"headers": { "X-Workspace": "design", "Accept-Language": "de" }'),
    ],
  ])('is not seen in %s', (_what, text) => {
    expect(() => parseConfig(text)).not.toThrow()
  })
})

describe('a credential in a provider profile', () => {
  const profile = (authorizeParams: object) =>
    lines(
      '{ "providers": { "idp": {',
      `"authorizeParams": ${JSON.stringify(authorizeParams)}`,
      '} } }',
    )

  it.each([[{ api_key: 'hunter2' }], [{ hint: `ghp_${'a'.repeat(36)}` }]])(
    'is refused among the parameters, and not repeated: %j',
    (parameters) => {
      const error = refusal(profile(parameters))
      expect(error).toMatchObject({ code: 'config.secret_in_clear', details: { line: 2 } })
      for (const value of Object.values(parameters)) expect(error.message).not.toContain(value)
    },
  )

  it('is none in a hint for the sign-in', () => {
    expect(() =>
      parseConfig(profile({ login_hint: 'ann@example.com', max_age: '0' })),
    ).not.toThrow()
  })
})

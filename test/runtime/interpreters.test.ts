import { describe, expect, it } from 'vitest'
import { interpreterOf, scriptsOf } from '../../main/runtime/interpreters.ts'

const of = (line: string) => {
  const [program = '', ...args] = line.split(' ')
  const interpreter = interpreterOf(program)
  return interpreter === null ? null : scriptsOf(interpreter, args)
}

describe('what an interpreter is told to run', () => {
  it.each([
    ['node server.js --x y.js', ['server.js']],
    ['/usr/bin/node --enable-source-maps server', ['server']],
    ['node --import ./hook.mjs -r tsx server.js', ['./hook.mjs', 'server.js']],
    ['node --import=file:///h.mjs server.js', ['file:///h.mjs', 'server.js']],
    ['node -C development server.js', ['server.js']],
    ['node --require /evil.js -e 1', ['/evil.js']],
    ['node -e 1 server.js', []],
    ['node --eval=1 server.js', []],
    ['node -- -x.js', ['-x.js']],
    ['node -', []],
    ['node', []],
    ['C:\\node\\NODE.EXE server.js', ['server.js']],
    ['python3.12 -X dev server.py', ['server.py']],
    ['python -m server x.py', []],
    ['deno run -A server.ts', ['server.ts']],
    ['bun server.ts', ['server.ts']],
    ['bash -c id', []],
    ['sh run.sh', ['run.sh']],
    ['java -cp a.jar:b.jar -jar server.jar x', ['server.jar']],
    ['php -f ./server.php x', ['./server.php']],
  ])('%s', (line, expected) => {
    expect(of(line)).toEqual(expected)
  })

  it.each(['mcp-server x', './node-server', 'npx x', 'constructor x'])('%s runs itself', (line) => {
    expect(of(line)).toBeNull()
  })
})

import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { exitCodeOf, failureOf } from '../../main/cli/failure.ts'
import { createOutput } from '../../main/cli/output.ts'
import { createProgram } from '../../main/cli/program.ts'
import { addServe } from '../../main/cli/serve.ts'
import { type ErrorCode, errorCodes } from '../../main/error-codes.ts'
import { WarderError } from '../../main/errors.ts'
import { ContractError } from '../../preload/contract/index.ts'

const sink = { write: () => undefined }
const output = createOutput({ json: false, stdout: sink, stderr: sink, env: {} })

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  return text
}

function allVerbs(command: Command): Command[] {
  return command.commands.flatMap((verb) => [verb, ...allVerbs(verb)])
}

const verbs = allVerbs(createProgram([], output, addServe, () => undefined))
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

describe('help', () => {
  it('reads as it was written', async () => {
    const program = createProgram([], output, addServe, () => undefined)
    const pages = [program, ...allVerbs(program)].map(
      (verb) => `$ ${pathOf(verb)} --help\n\n${helpOf(verb)}`,
    )
    await expect(pages.join('\n\n')).toMatchFileSnapshot('help.txt')
  })

  it.each(verbs.filter((verb) => verb.commands.length === 0).map((verb) => [pathOf(verb), verb]))(
    '%s has an example',
    (path, verb) => {
      expect(helpOf(verb)).toContain(`  ${path}`)
    },
  )
})

describe('exit codes', () => {
  const codes = Object.keys(errorCodes) as ErrorCode[]

  it.each(codes)('%s is the same from the command line and from the companion', (code) => {
    const ours = failureOf(new WarderError(code, 'A sentence.'))
    const theirs = failureOf(new ContractError({ code, message: 'A sentence.' }))
    expect([1, 2, 3, 4, 69]).toContain(errorCodes[code].exit)
    expect(ours).toEqual({
      view: { code, message: 'A sentence.' },
      exitCode: errorCodes[code].exit,
    })
    expect(theirs).toEqual(ours)
  })

  it('is 1 for a code of a newer companion', () => {
    expect(exitCodeOf('future.reason')).toBe(1)
    expect(exitCodeOf('constructor')).toBe(1)
  })

  it('tells nothing of an error that nobody foresaw', () => {
    const failure = failureOf(new Error('token abc'))
    expect(failure.exitCode).toBe(1)
    expect(failure.view.code).toBe('internal.unexpected')
    expect(failure.view.message).not.toContain('abc')
  })
})

import { type ErrorCode, errorCodes } from '../error-codes.ts'
import { WarderError } from '../errors.ts'
import { examples, type Verb } from './context.ts'
import { isErrorCode } from './failure.ts'
import { table } from './output.ts'

/** Works without a companion: when something is wrong, there may be none. */
export const addErrors: Verb = (program, action) => {
  program
    .command('errors')
    .argument('[code]', 'an error code, such as vault.locked')
    .summary('what an error code means and what to do')
    .description(
      'Says what an error code means and what to do about it; without CODE lists them all.',
    )
    .addHelpText('after', examples('warder errors', 'warder errors vault.locked'))
    .action(
      action(async ({ output }, code: string | undefined) => {
        if (code === undefined)
          return output.result(Object.keys(errorCodes).filter(isErrorCode).map(entry), (all) =>
            table(
              ['CODE', 'EXIT', 'MEANING'],
              all.map((error) => [error.code, String(error.exit), error.meaning]),
            ),
          )
        if (!isErrorCode(code))
          throw new WarderError('error.unknown', `There is no error code ${code}.`)
        output.result(entry(code), (error) => [
          [{ text: error.code, style: 'bold' }, ` (exit ${error.exit})`],
          error.meaning,
          error.mend,
        ])
      }),
    )
}

const entry = (code: ErrorCode) => ({ code, ...errorCodes[code] })

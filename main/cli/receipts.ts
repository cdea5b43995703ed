import { readFile, writeFile } from 'node:fs/promises'
import { type RecordsExport, recordsExport } from '../../preload/contract/index.ts'
import { keyId, verify } from '../audit/signing.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import type { Line } from './output.ts'
import { receiptLines } from './receipt-lines.ts'

export const addReceipts: Verb = (program, action) => {
  const receipts = program
    .command('receipts')
    .summary('what past revocations have proven: list, show, export, verify')
    .description('Lists the receipts of revocations, those that are still tried again included.')
    .addHelpText('after', examples('warder receipts', 'warder receipts --json'))

  receipts
    .command('list', { isDefault: true })
    .summary('all receipts')
    .description('Lists the receipts, newest first, each with its signature.')
    .addHelpText('after', examples('warder receipts', 'warder receipts list --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('receipts:list', {}), (list) =>
          list.length === 0 ? ['Nothing was revoked yet.'] : receiptLines(list),
        )
      }),
    )

  receipts
    .command('show')
    .argument('<id>', 'from `warder receipts`')
    .summary('one receipt')
    .description('Shows one receipt with all its steps.')
    .addHelpText('after', examples('warder receipts show 4bd63c4c93f777603bb7107a'))
    .action(
      action(async ({ control, output }, id: string) => {
        const found = (await control.call('receipts:list', {})).find((one) => one.id === id)
        if (found === undefined)
          throw new WarderError('receipt.unknown', `There is no receipt ${id}.`)
        output.result(found, (one) => receiptLines([one]))
      }),
    )

  receipts
    .command('export')
    .option('--out <file>', 'write there instead of to standard output; must not exist')
    .summary('all receipts with their signatures, to keep elsewhere')
    .description(
      'Writes every receipt and every record of a stop as one JSON document, with signatures and public keys. No secret is in it.',
    )
    .addHelpText('after', examples('warder receipts export --out receipts.json'))
    .action(action((context, options: { out?: string }) => exportTo(context, options.out)))

  receipts
    .command('verify')
    .argument('<file>', 'that `warder receipts export` wrote')
    .option('--key <id>', 'accept signatures of this key alone')
    .summary('check an exported file, without a companion')
    .description(
      'Checks that every record in the file is signed and unchanged since. Whose key it is, the file cannot tell: compare its id with the one that the companion shows.',
    )
    .addHelpText('after', examples('warder receipts verify receipts.json'))
    .action(
      action(({ output }, file: string, options: { key?: string }) =>
        verifyFile(output, file, options.key),
      ),
    )
}

async function exportTo({ control, output }: Context, file: string | undefined): Promise<void> {
  const all = await control.call('receipts:export', {})
  const text = `${JSON.stringify(all, null, 2)}\n`
  if (file === undefined) return output.result(all, () => text.trimEnd().split('\n'))
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new WarderError('usage.invalid', `${file} cannot be written, or is there already.`, {
      cause,
    })
  }
  output.result({ file, records: all.records.length }, ({ records }) => [
    `${records} records are in ${file}.`,
  ])
}

async function verifyFile(
  output: Context['output'],
  file: string,
  key: string | undefined,
): Promise<void> {
  const all = await readExport(file)
  const checked = all.records.map((record) => checkedRecord(record, all.keys, key))
  const bad = checked.filter(({ genuine }) => !genuine)
  if (bad.length > 0) process.exitCode = 1
  output.result({ genuine: bad.length === 0, records: checked }, ({ records }): Line[] => [
    ...records.map(
      ({ kind, id, genuine, why, key: by }): Line => [
        `${kind} ${id}: `,
        { text: genuine ? 'genuine' : 'NOT genuine', style: genuine ? 'green' : 'red' },
        genuine ? `, signed by ${by}` : `. ${why}`,
      ],
    ),
    records.length === 0 ? 'There is no record in it.' : '',
  ])
}

async function readExport(file: string): Promise<RecordsExport> {
  try {
    return recordsExport.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    throw new WarderError('usage.invalid', `${file} is no export of receipts.`, { cause })
  }
}

/** The signature is over the document as it stands in the file; the key has to be the one that its id names. */
function checkedRecord(
  { document, signature, key }: RecordsExport['records'][number],
  keys: RecordsExport['keys'],
  wanted: string | undefined,
) {
  const publicKey = key !== null && Object.hasOwn(keys, key) ? keys[key] : undefined
  const why =
    signature === null || key === null
      ? 'It is not signed yet.'
      : publicKey === undefined || keyId(publicKey) !== key
        ? 'Its key is not in the file.'
        : wanted !== undefined && wanted !== key
          ? `It is signed by another key: ${key}.`
          : verify(document, publicKey, signature)
            ? null
            : 'It was changed after it was signed.'
  return { kind: String(document.kind), id: String(document.id), key, genuine: why === null, why }
}

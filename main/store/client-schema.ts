import { z } from 'zod'
import { isFolder } from './folders.ts'
import { nameSchema, singleLine } from './references.ts'

/** An account as `warder accounts` names it after the server, or the label it was given at the sign-in. */
export const accountSchema = singleLine.min(1).max(256)

const accounts = z
  .record(nameSchema, accountSchema)
  .describe('Server to account: whose token the client gets there.')

const folderRule = z.strictObject({
  folder: singleLine
    .min(1)
    .max(4096)
    .refine(isFolder, { error: 'an absolute folder without . and ..' })
    .describe('Holds for the client where it was started in this folder or below.'),
  accounts,
})

export const clientSchema = z
  .strictObject({
    accounts: accounts.optional(),
    folders: z
      .array(folderRule)
      .max(1000)
      .optional()
      .describe('The longest folder that names the server goes before the rest.'),
  })
  .superRefine(({ folders = [] }, context) => {
    for (const [index, { folder }] of folders.entries())
      if (folders.findIndex((other) => other.folder === folder) < index)
        context.addIssue({
          code: 'custom',
          path: ['folders', index, 'folder'],
          message: 'the folder has a rule already',
        })
  })

export type ClientDefinition = z.output<typeof clientSchema>

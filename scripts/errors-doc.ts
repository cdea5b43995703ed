/**
 * Writes docs/errors.md from the table in main/error-codes.ts: `node scripts/errors-doc.ts`. A test holds the page to
 * the table.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { errorCodes } from '../main/error-codes.ts'

export const errorsPage = path.join(import.meta.dirname, '..', 'docs', 'errors.md')

const introduction = `# Error codes

Made from \`main/error-codes.ts\` by \`node scripts/errors-doc.ts\`; do not edit this page. \`warder errors CODE\` shows the
same text.

A code is \`area.reason\`. It is the same in the window, on the command line (\`--json\`), and over the control API, and it
is never renamed. The exit code is what the command line ends with: 1 refused or failed, 2 wrong usage, 3 unknown name,
4 needs a person, 69 companion unreachable.
`

/** The page as it has to be: one section an area, in the order of the table. */
export function errorsDocument(): string {
  const areas = Map.groupBy(Object.entries(errorCodes), ([code]) => code.split('.', 1)[0])
  const sections = [...areas].map(([area, entries]) => {
    const items = entries.map(
      ([code, { exit, meaning, mend }]) =>
        `### \`${code}\`\n\n${meaning}\n\nWhat to do: ${mend}\n\nExit code: ${exit}\n`,
    )
    return `## ${area}\n\n${items.join('\n')}`
  })
  return [introduction, ...sections].join('\n')
}

if (process.argv[1] === import.meta.filename) writeFileSync(errorsPage, errorsDocument())

/**
 * Writes docs/errors.md from the table in main/error-codes.ts, and docs/doctor.md from the one of the doctor's findings:
 * `node scripts/errors-doc.ts`. A test holds the pages to the tables.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { errorCodes } from '../main/error-codes.ts'
import { stayingCodes } from '../main/wiring/adoption/staying.ts'
import { findingCodes } from '../main/wiring/doctor/codes.ts'

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

export const doctorPage = path.join(import.meta.dirname, '..', 'docs', 'doctor.md')

/** What `warder doctor` finds, in the order of the table. */
export function doctorDocument(): string {
  const items = Object.entries(findingCodes).map(
    ([code, { severity, meaning, mend }]) =>
      `### \`${code}\`\n\n${meaning}\n\nWhat to do: ${mend}\n\nSeverity: ${severity}\n`,
  )
  const staying = Object.entries(stayingCodes).map(([code, why]) => `- \`${code}\`: ${why}`)
  return `${[doctorIntroduction, ...items, stayingIntroduction].join('\n')}\n${staying.join('\n')}\n`
}

const stayingIntroduction = `## Why a server stays

\`warder doctor --fix\` says of each server with a credential that it does not move why, in \`left\`: \`{client, file, name, code,
problem}\`. Where a file cannot be written or a program cannot run here, the code is that of the [error](errors.md).
`

const doctorIntroduction = `# What the doctor finds

Made from \`main/wiring/doctor/codes.ts\` by \`node scripts/errors-doc.ts\`; do not edit this page.

\`warder doctor --json\` is
\`{"findings":[{"code","severity","client","file","server","where","message","mend"}]}\`, the worst first. \`where\` names the environment variable, header, argument or
part of the URL, and no member ever holds a value. It exits with 0 where nothing was found and with 1 where something
was. It needs no companion, changes nothing, starts nothing and asks nobody over a network.

References (\`\${VAR}\`, \`\${env:VAR}\`, \`\${input:ID}\`, \`$VAR\`, \`%VAR%\`) are no credentials; what stands behind \`:-\` in
\`\${VAR:-default}\` may be one.
`

if (process.argv[1] === import.meta.filename) {
  writeFileSync(errorsPage, errorsDocument())
  writeFileSync(doctorPage, doctorDocument())
}

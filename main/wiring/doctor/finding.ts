import { redactText } from '../../audit/redact.ts'
import type { ConfiguredServer } from '../types.ts'
import { type FindingCode, findingCodes } from './codes.ts'

/** What the doctor found. No member ever holds a value that was looked at. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: 'high' | 'medium' | 'low'
  /** The client or other program; null where it is nobody's. */
  readonly client: string | null
  readonly file: string | null
  readonly server: string | null
  /** The environment variable, header, argument or part of the URL. */
  readonly where: string | null
  readonly message: string
  readonly mend: string
}

type About = Pick<Finding, 'client' | 'file' | 'server'>

export function finding(
  code: FindingCode,
  about: About,
  where: string | null = null,
  message: string = findingCodes[code].meaning,
): Finding {
  const { severity, mend } = findingCodes[code]
  // Names are free text as well: somebody may have put the value where its name belongs.
  const plain = (text: string | null) => (text === null ? null : redactText(text).text)
  return {
    code,
    severity,
    client: about.client,
    file: about.file,
    server: plain(about.server),
    where: plain(where),
    message: redactText(message).text,
    mend,
  }
}

export const aboutServer = ({ client, file, name }: ConfiguredServer): About => ({
  client,
  file,
  server: name,
})

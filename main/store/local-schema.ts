import { z } from 'zod'
import { pinSchema } from './pin-schema.ts'
import { headerName, injectable, parseReference, singleLine, variableName } from './references.ts'

/** A reference, never a value: what stands here is a credential. */
const reference = singleLine.refine((value) => parseReference(value) !== null, {
  error: 'write secret:NAME or grant:SERVER',
})

const fields = z.strictObject({
  command: singleLine.min(1),
  args: z
    .array(
      z
        .string()
        .max(32_768)
        .regex(/^[^\0]*$/, { error: 'no NUL' }),
    )
    .max(256)
    .default([]),
  env: z.record(variableName, injectable).optional(),
  cwd: singleLine.optional(),
  files: z
    .record(
      variableName,
      z.union([reference, z.strictObject({ from: reference, once: z.boolean().optional() })]),
    )
    .optional()
    .describe(
      'Credentials that the server reads from a file. The variable holds its path, and so does {file:NAME} in an argument. `once`: a named pipe, which can be read one time.',
    ),
  arguments: z
    .record(variableName, reference)
    .optional()
    .describe(
      'The last resort: {argument:NAME} in an argument becomes the credential. Other users of the machine can see it.',
    ),
  http: z
    .strictObject({
      path: singleLine.regex(/^\/[^\s?#]*$/, { error: 'a path, as /mcp' }).default('/mcp'),
      headers: z.record(headerName, injectable).optional(),
    })
    .optional()
    .describe(
      'It speaks Streamable HTTP on a port of this machine, which Warder chooses: {port} in an argument or variable. The headers go with each request.',
    ),
  idleSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe(
      'A server that a client did not use for so long is ended, and started again by the next call. A client that is subscribed to one of its resources uses it. It lives as long as its client by default.',
    ),
  limits: z
    .strictObject({
      memoryMiB: z.int().min(16).max(1_048_576).optional(),
      processes: z.int().min(1).max(100_000).optional(),
      openFiles: z.int().min(16).max(1_048_576).optional(),
    })
    .optional()
    .describe(
      'What it may use with all that it starts: memory and processes, looked at once a second, and open files for each process. Over one of the first two it is ended. Where the system cannot keep a limit (Windows; open files: other than Linux) it is not started.',
    ),
  instance: z
    .enum(['client', 'shared'])
    .optional()
    .describe(
      'One process for each session (the default), or one for all sessions that use it with the same accounts and secrets. A shared one that has sessions cannot ask clients for anything (sampling, elicitation, roots), and what one client does there others may see.',
    ),
  onRenewal: z
    .enum(['restart', 'refeed'])
    .optional()
    .describe(
      'What follows when a token in its hands is renewed: a new start as soon as no call is under way (the default), or the new one in the same file.',
    ),
})

type Fields = z.output<typeof fields>

export const localServerSchema = fields.superRefine(report)

/** As a person approved it: with what its command came to. */
export const approvedLocalSchema = fields.extend({ pin: pinSchema.optional() }).superRefine(report)

export type LocalServer = z.output<typeof approvedLocalSchema>

/** One file with a credential, in either way it is written. */
export const fileOf = (written: NonNullable<Fields['files']>[string]) =>
  typeof written === 'string'
    ? { from: written, once: false }
    : { from: written.from, once: written.once === true }

const PLACEHOLDER = /\{(file|argument):([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Writes what belongs there into the arguments. @param value undefined leaves the placeholder as it is */
export const fillPlaceholders = (
  args: readonly string[],
  value: (kind: 'file' | 'argument', name: string) => string | undefined,
): string[] =>
  args.map((arg) => arg.replaceAll(PLACEHOLDER, (whole, kind, name) => value(kind, name) ?? whole))

function report(server: Fields, context: z.RefinementCtx): void {
  for (const [path, message] of contradictions(server))
    context.addIssue({ code: 'custom', path: [...path], message })
}

function contradictions(server: Fields): [path: readonly string[], message: string][] {
  const { args, env = {}, files = {}, arguments: values = {}, onRenewal } = server
  const found: [readonly string[], string][] = []
  const named = new Set<string>()
  fillPlaceholders(args, (kind, name) => {
    if (kind === 'argument') named.add(name)
    if (!Object.hasOwn(kind === 'file' ? files : values, name))
      found.push([['args'], `{${kind}:${name}} is not among its ${kind}s`])
    return undefined
  })
  for (const name of Object.keys(values))
    if (!named.has(name))
      found.push([['arguments', name], `write {argument:${name}} where it belongs in args`])
  for (const name of Object.keys(files))
    if (Object.hasOwn(env, name)) found.push([['files', name], 'is a variable in env already'])
  if (server.http && ![...args, ...Object.values(env)].some((text) => text.includes('{port}')))
    found.push([['http'], 'write {port} into an argument or variable, so that it learns its port'])
  if (server.http && server.instance === 'shared')
    found.push([['instance'], 'only a server over standard input and output can be shared'])
  if (onRenewal === 'refeed') {
    const fixed = [
      ...Object.values(env),
      ...Object.values(values),
      ...Object.values(files).flatMap((file) => (fileOf(file).once ? [fileOf(file).from] : [])),
    ]
    if (fixed.some((value) => parseReference(value)?.kind === 'grant'))
      found.push([['onRenewal'], 'a token can be fed again only in a file that is not `once`'])
  }
  return found
}

import type { z } from 'zod'

/** The first thing that is wrong with a value, in words and at a place. */
export interface Violation {
  readonly path: readonly PropertyKey[]
  /** The member's name is what is wrong, not its value. */
  readonly ofName: boolean
  /** Names members and types, never a value: that may be a secret. */
  readonly message: string
}

/** @returns what to tell a person of a refused value: one thing, as near to its place as the schema can tell */
export function firstViolation(error: z.ZodError): Violation {
  const issue = error.issues[0]
  return issue === undefined
    ? { path: [], ofName: false, message: 'not valid' }
    : violation(issue, [])
}

type Issue = z.core.$ZodIssue

function violation(issue: Issue, parents: readonly PropertyKey[]): Violation {
  const path = [...parents, ...issue.path]
  switch (issue.code) {
    case 'invalid_union': {
      const meant = intended(issue.errors)
      return meant === undefined
        ? { path, ofName: false, message: issue.message }
        : violation(meant, path)
    }
    case 'unrecognized_keys': {
      const [name = ''] = issue.keys
      return { path: [...path, name], ofName: true, message: 'there is no such setting' }
    }
    case 'invalid_key':
      return { path, ofName: true, message: issue.issues[0]?.message ?? issue.message }
    default:
      return { path, ofName: false, message: issue.message }
  }
}

/** Of the forms that a union allows, the one whose members the value has. */
function intended(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const strangers = (issues: readonly Issue[]) =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0),
      0,
    )
  return branches.toSorted((a, b) => strangers(a) - strangers(b))[0]?.[0]
}

import type { ErrorView } from './channels.ts'

/** An error of the companion as callers of the contract see it. Apart from the schemas, so that the page need not load them. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly code: string
  readonly details: Record<string, unknown> | undefined
  constructor(view: ErrorView) {
    super(view.message)
    this.code = view.code
    this.details = view.details
  }
}

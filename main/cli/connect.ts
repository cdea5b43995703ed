import { type ConnectedView, ContractError, type Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import { nameAccount } from './name-account.ts'
import { localTime } from './output.ts'
import { takePastedAnswers } from './paste.ts'
import { commandLine } from './printable.ts'

export const addConnect: Verb = (program, action) => {
  program
    .command('connect')
    .argument('<server>', 'from `warder server list`')
    .option('--account <label>', 'what to call the account, where the provider does not say')
    .option('--issuer <url>', 'which provider, where the server names several')
    .option('--no-browser', 'print the link instead of opening the browser')
    .option('--scope <scope>', 'ask for this scope beside the usual ones (repeat)', collect)
    .option('--device', 'show a code to type on any device, where the provider takes that')
    .summary('sign in at a server')
    .description(
      'Signs in at the provider of a server, in the system browser, and keeps the grant in the vault. Without a browser on this machine, --no-browser prints the link to open elsewhere and takes the address that it ends at; --device shows a code. Ctrl-C cancels.',
    )
    .addHelpText(
      'after',
      examples(
        'warder connect github',
        'warder connect github --no-browser',
        'warder connect github --device',
        'warder connect github --scope repo --scope read:org',
      ),
    )
    .action(action(connect))
}

async function connect(
  context: Context,
  server: string,
  options: {
    account?: string
    issuer?: string
    scope?: string[]
    browser: boolean
    device?: boolean
  },
): Promise<void> {
  const { control, output } = context
  const { interrupted, cancel, listenNoMore } = listenForInterrupt()
  const preparing = control.call('accounts:connect', {
    server,
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    ...(options.device ? { method: 'device' as const } : {}),
    ...(options.scope === undefined ? {} : { scopes: options.scope }),
  })
  try {
    const finished = finish(context, preparing, { browser: options.browser, cancel })
    const connected = await Promise.race([finished, interrupted])
    listenNoMore()
    const { flow } = await preparing
    const named = await nameAccount(context, flow, connected)
    output.result({ ...connected, ...named }, ({ account, scopes, withheld, insteadOf }) => [
      ...(insteadOf === null ? [] : [another(account, insteadOf)]),
      `Connected ${account}${scopes.length === 0 ? '' : `, with ${scopes.join(', ')}`}.`,
      ...(withheld.length === 0 ? [] : [notGiven(withheld)]),
    ])
  } catch (error) {
    // The flow ends in the companion too, so that the page left open is void.
    if (error instanceof WarderError && error.code === 'cli.cancelled')
      await preparing.then(({ flow }) => control.call('accounts:cancel', { flow })).catch(() => {})
    throw error
  } finally {
    listenNoMore()
  }
}

const collect = (value: string, before: string[] = []) => [...before, value]

const another = (account: string, insteadOf: string) =>
  `You signed in as another account than ${insteadOf}, which is as it was: ${account} is one of its own.`

const notGiven = (withheld: readonly string[]) =>
  `Asked for and not given: ${withheld.join(', ')}. Calls that need it will say so.`

/** From the prepared sign-in to the account that comes of it. */
async function finish(
  context: Context,
  preparing: Promise<Output<'accounts:connect'>>,
  { browser, cancel }: { browser: boolean; cancel: () => void },
): Promise<ConnectedView> {
  const signIn = await preparing
  const { flow, url } = signIn
  const connected = () => context.control.call('accounts:connected', { flow })
  if (url === null) return connected()
  explain(context, signIn)
  if (signIn.device !== null) {
    showCode(context, { ...signIn, url, device: signIn.device })
    return connected()
  }
  if (browser && (await opened(context, signIn))) return connected()
  showLink(context, { ...signIn, url })
  if (signIn.deviceOffered) offerCode(context)
  const again = signIn.linkExpiresAt === null ? null : () => showFreshLink(context, flow)
  const stopTaking = takePastedAnswers(context, flow, { cancel, again })
  try {
    return await connected()
  } finally {
    stopTaking()
  }
}

/** Who is asked for what, before anything is typed into a page. */
function explain(
  { output }: Context,
  { host, issuer, otherIssuers, scopes, expiresAt, device }: Output<'accounts:connect'>,
): void {
  output.note(
    `You sign in at ${host} (issuer ${issuer}).`,
    ...(otherIssuers.length === 0
      ? []
      : [`The server also takes ${otherIssuers.join(', ')}: choose with --issuer.`]),
    scopes.length === 0
      ? 'It is asked for no particular scope.'
      : `It is asked for: ${scopes.join(', ')}.`,
    `Finish ${device === null ? 'in the browser' : 'there'} before ${localTime(expiresAt)}. Ctrl-C cancels.`,
  )
}

/** @returns false where the machine has no browser to open: the person opens the link elsewhere then */
async function opened(
  { control, output }: Context,
  { flow }: Output<'accounts:connect'>,
): Promise<boolean> {
  try {
    await control.call('accounts:open', { flow })
    return true
  } catch (error) {
    if (!(error instanceof ContractError && error.code === 'oauth.browser_failed')) throw error
    output.note(error.message)
    return false
  }
}

function showLink(
  { output }: Context,
  { url, linkExpiresAt }: { url: string; linkExpiresAt: string | null },
): void {
  output.note(
    linkExpiresAt === null
      ? 'Open this link and finish there:'
      : `Open this link before ${localTime(linkExpiresAt)} and finish there:`,
  )
  toTake(output, url)
}

async function showFreshLink(context: Context, flow: string): Promise<void> {
  showLink(context, await context.control.call('accounts:link', { flow }))
}

/** With --json, standard output belongs to the account that comes of it. */
function toTake(output: Context['output'], text: string): void {
  if (output.json) output.note(text)
  else output.element(text, (line) => [line])
}

function offerCode({ output, argv }: Context): void {
  const again = ['warder', ...argv.filter((word) => word !== '--no-browser'), '--device']
  output.note(`This provider also takes a code, typed on any device: \`${commandLine(again)}\`.`)
}

/** The person types the code of a sign-in that they began: somebody else's would sign in somebody else (RFC 8628 §5.4). */
function showCode(
  { output }: Context,
  { url, host, device }: { url: string; host: string; device: Device },
): void {
  output.note('Open this page on any device:')
  toTake(output, url)
  output.note('and type this code there:')
  toTake(output, device.userCode)
  if (device.complete !== null)
    output.note('Or open the link that has the code in it:', device.complete)
  output.note(`Type it at ${host} only. Give it to nobody: it signs in this Warder.`)
}

type Device = NonNullable<Output<'accounts:connect'>['device']>

/** Ctrl-C counts from the first moment on: a sign-in that is only being prepared is to be given up as well. */
function listenForInterrupt() {
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  // Whether anybody waits for it or not, an interrupt is no unhandled rejection.
  interrupted.catch(() => {})
  const cancel = () => reject(new WarderError('cli.cancelled', 'The sign-in was cancelled.'))
  process.once('SIGINT', cancel)
  process.once('SIGTERM', cancel)
  return {
    interrupted,
    cancel,
    listenNoMore() {
      process.off('SIGINT', cancel)
      process.off('SIGTERM', cancel)
    },
  }
}

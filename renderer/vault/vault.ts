import type { VaultBridge } from '../../preload/contract/vault-bridge.ts'

/** Asks for the passphrase of the vault, and knows nothing else of Warder. */

const { warderVault } = window as Window & { warderVault?: VaultBridge }
if (warderVault === undefined) throw new Error('This page is for a window of its own.')
const vault = warderVault

const at = <E extends HTMLElement>(id: string) => document.getElementById(id) as E
const passphrase = at<HTMLInputElement>('passphrase')
const repeated = at<HTMLInputElement>('repeated')
const buttons = [at<HTMLButtonElement>('instead'), at<HTMLButtonElement>('agree')] as const

const { purpose, shortest, problem } = await vault.question()
const creates = purpose === 'create'
const write = (id: string, text: string) => {
  at(id).textContent = text
}
write('title', creates ? 'A passphrase for the vault' : 'Open the vault')
write(
  'about',
  creates
    ? 'It encrypts the file in which Warder keeps your sign-ins and secrets. It is asked at each start, and nobody can recover it.'
    : 'Your sign-ins and secrets are in an encrypted file on this computer. Until it is open, Warder does nothing.',
)
write('agree', creates ? 'Make the vault' : 'Open')
write(
  'honest',
  'The file protects against another user, a stolen disk and a copied backup, as well as the passphrase is hard to guess. It does not protect against a program that runs as you while Warder is open: such a one can wait for the passphrase.',
)
write('problem', problem)
at('again').hidden = !creates
repeated.required = creates
document.querySelector('main')?.removeAttribute('hidden')
passphrase.focus()

async function answer(given: Parameters<VaultBridge['answer']>[0]): Promise<void> {
  for (const button of buttons) button.disabled = true
  write('problem', '')
  for (const field of [passphrase, repeated]) field.value = ''
  // Where all went well, the window is closed instead.
  write('problem', await vault.answer(given))
  for (const button of buttons) button.disabled = false
  passphrase.focus()
}

document.querySelector('form')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const { value } = passphrase
  if (creates && [...value].length < shortest)
    write('problem', `Take at least ${shortest} characters; several words are easy to remember.`)
  else if (creates && value !== repeated.value) write('problem', 'The two are not the same.')
  else void answer({ passphrase: value })
})
at('instead').addEventListener('click', () => void answer({ instead: true }))

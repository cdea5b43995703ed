/**
 * Why a server stays with its client: a sentence for each reason. `docs/doctor.md` is made from this table. Codes are never
 * renamed, never reused. Beside these, `left` names the codes of errors, where a file cannot be written or a program not run.
 */
export const stayingCodes = {
  'stays.switched_off': 'Its client has it switched off, so nobody uses it.',
  'stays.no_way_in': 'It has neither a command nor a URL.',
  'stays.older_transport': 'It speaks the older HTTP+SSE, which Warder does not.',
  'stays.url_path':
    'A credential is part of the path of its URL, where Warder puts none: ask its maker for a header.',
  'stays.url_unclear':
    'Its URL holds a credential in a way in which Warder could not send the same: write it as a header.',
  'stays.provider_credential':
    'It has a credential for its provider, where Warder has to be registered first: add it by hand, with --client-id, --client-secret and --issuer.',
  'stays.variable_unset': 'It refers to a variable that is not set where Warder runs.',
  'stays.asks_its_person':
    'It refers to something that its client asks its person for, and keeps to itself.',
  'stays.open_folder': 'It refers to the folder that its client has open.',
  'stays.reference_unknown':
    'It holds what looks like a reference, and Warder does not know what its client puts there.',
  'stays.value_missing': 'In the place of a credential it has a placeholder.',
  'stays.env_file': 'Its variables are in a file of their own (envFile) that cannot be read.',
  'stays.several_lines':
    'A value of it has several lines, which the vault does not keep as they are.',
  'stays.names_vault': 'It names a secret or an account of Warder, which only config.json may.',
  'stays.tools_chosen':
    'Its client uses some of its tools only, in a way that rules of Warder do not say: add it by hand.',
  'stays.unfit': 'It cannot be written down as Warder writes servers down.',
  'stays.still_clear': 'Even then a credential would stand in the clear.',
} as const

export type StayingCode = keyof typeof stayingCodes

/** Why a server cannot be taken over as it is, in a sentence that quotes no value. */
export interface Obstacle {
  readonly code: StayingCode
  readonly problem: string
}

export const obstacle = (code: StayingCode, problem: string = stayingCodes[code]): Obstacle => ({
  code,
  problem,
})

export const isObstacle = (made: object): made is Obstacle => 'problem' in made

/**
 * Every finding of the doctor: how bad it is, what it means, and what to do. `docs/doctor.md` is made from this table. Codes
 * are never renamed, never reused.
 */
export const findingCodes = {
  'doctor.secret_in_env': {
    severity: 'high',
    meaning: 'A credential stands in clear text among the environment variables of a server.',
    mend: '`warder doctor --fix` moves the server into Warder and the credential into the vault. Then renew it where it was issued.',
  },
  'doctor.secret_in_header': {
    severity: 'high',
    meaning: 'A credential stands in clear text in a header that a client sends to a server.',
    mend: '`warder doctor --fix` moves the server into Warder and the credential into the vault. Then renew it where it was issued.',
  },
  'doctor.secret_in_argument': {
    severity: 'high',
    meaning:
      'A credential stands in clear text among the arguments of a server, where every user of this machine can see it while it runs.',
    mend: '`warder doctor --fix` moves the server into Warder and the credential into the vault; better still, give it by a variable or a file: `warder server add … --env NAME=secret:S`, or `--file`. Then renew it where it was issued.',
  },
  'doctor.secret_in_url': {
    severity: 'high',
    meaning: 'A credential stands in clear text in the URL of a server. URLs end up in logs.',
    mend: '`warder doctor --fix` moves the server into Warder and the credential into the vault, where it is no part of the path. Better still, use a header: `warder server add … --header NAME=secret:S`. Then renew it where it was issued.',
  },
  'doctor.secret_in_settings': {
    severity: 'high',
    meaning: 'A credential stands in clear text among the other settings of a server.',
    mend: 'Let Warder sign in in the place of the client: `warder server add`, `warder connect`. Then renew the credential where it was issued.',
  },
  'doctor.secret_possible': {
    severity: 'low',
    meaning: 'Something that nothing names looks as if a machine had made it to be secret.',
    mend: 'Look at it. If it is a credential, treat it as one: `warder doctor --fix`.',
  },
  'doctor.vault_value': {
    severity: 'high',
    meaning: "A value of Warder's vault stands in a client's file as well.",
    mend: '`warder doctor --fix` moves the server into Warder, where it is part of one; else take it out by hand. Then renew it where it was issued.',
  },
  'doctor.token_cache': {
    severity: 'medium',
    meaning: 'Another program keeps a token in a plain file.',
    mend: '`warder import` shows it; adopt, revoke or shred it there.',
  },
  'doctor.readable_by_others': {
    severity: 'high',
    meaning: 'Other users of this machine can read a file that holds a credential.',
    mend: 'Take their right away: `warder doctor --fix`, or `chmod go-rwx FILE`. Then renew the credentials that it holds where they were issued.',
  },
  'doctor.writable_by_others': {
    severity: 'high',
    meaning:
      'Other users of this machine can change a file that says which programs are started in your name.',
    mend: 'Take their right away: `warder doctor --fix`, or `chmod go-w FILE`, and read what it says.',
  },
  'doctor.duplicate': {
    severity: 'low',
    meaning: 'Several clients have the same server, each with settings and credentials of its own.',
    mend: '`warder doctor --fix --duplicates` moves it into Warder once, where all of them have it alike. Else add it by hand, and wire the clients: `warder wire CLIENT`.',
  },
  'doctor.program_missing': {
    severity: 'medium',
    meaning: 'A server cannot start: its program is not there.',
    mend: 'Install the program, or write its absolute path.',
  },
  'doctor.program_hidden_from_apps': {
    severity: 'medium',
    meaning:
      'A server may not start: its program is found from a shell, but not with the PATH that apps of the desktop get.',
    mend: 'Write the absolute path of the program.',
  },
  'doctor.script_missing': {
    severity: 'medium',
    meaning: 'A server cannot start: the script that it runs is not there.',
    mend: 'Put the script in its place, or remove the server.',
  },
  'doctor.folder_missing': {
    severity: 'medium',
    meaning: 'A server cannot start: the folder that it is to run in is not there.',
    mend: 'Make the folder, or mend its path.',
  },
  'doctor.env_file_missing': {
    severity: 'medium',
    meaning: 'A server cannot start: its file of environment variables is not there.',
    mend: 'Make the file, or mend its path.',
  },
  'doctor.never_started': {
    severity: 'medium',
    meaning: 'A client passes over this entry: it has no command and no URL that this client uses.',
    mend: 'Wire the client to Warder, which reaches the server in its place: `warder wire CLIENT`.',
  },
  'doctor.url_invalid': {
    severity: 'medium',
    meaning: 'The URL of a server cannot be read as one.',
    mend: 'Mend the URL.',
  },
  'doctor.plain_http': {
    severity: 'medium',
    meaning:
      'A server on another machine is reached without TLS: whoever is in between reads along.',
    mend: 'Use its https address.',
  },
  'doctor.listens_everywhere': {
    severity: 'high',
    meaning: 'A server of this machine listens on every network interface, so others can reach it.',
    mend: 'Have it listen on 127.0.0.1 only.',
  },
  'doctor.file_broken': {
    severity: 'medium',
    meaning: 'A configuration cannot be read by its client, so none of its servers start.',
    mend: 'Mend the file; `warder wire` never writes to one that it cannot read.',
  },
  'doctor.file_unusable': {
    severity: 'medium',
    meaning: 'A configuration cannot be looked at: it is no file of this user.',
    mend: 'Look where it leads to, and whose it is.',
  },
} as const satisfies Record<
  string,
  { severity: 'high' | 'medium' | 'low'; meaning: string; mend: string }
>

export type FindingCode = keyof typeof findingCodes

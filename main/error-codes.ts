/**
 * Every error code, its exit code and what to do about it. `docs/errors.md` and `warder errors` are made from this
 * table. Codes are `area.reason`, never renamed, never reused.
 *
 * exit: 1 refused or failed, 2 wrong usage, 3 unknown name, 4 needs a person, 69 companion unreachable.
 */
export const errorCodes = {
  'internal.unexpected': {
    exit: 1,
    meaning: 'Warder met a condition it has no sentence for.',
    mend: 'Run the command again; if it repeats, report it with the output of `warder status --json`.',
  },
  'usage.invalid': {
    exit: 2,
    meaning: 'The command line or a request to the control API is not well formed.',
    mend: 'Compare it with `warder help VERB`.',
  },
  'usage.unknown_channel': {
    exit: 2,
    meaning: 'The control API has no such channel.',
    mend: 'The command line and the companion are of different versions: restart the companion.',
  },
  'error.unknown': {
    exit: 3,
    meaning: 'No error has that code.',
    mend: 'See `warder errors` for all of them.',
  },
  'cli.cancelled': {
    exit: 1,
    meaning: 'The command was cancelled (Ctrl-C, or the end of its input) before it was done.',
    mend: 'Nothing was changed. Run it again when you are ready.',
  },
  'install.node_too_old': {
    exit: 1,
    meaning: 'Warder runs on a Node that is older than 22.13.',
    mend: 'Install a newer Node, and write its absolute path into the configuration of your client.',
  },
  'control.unauthorized': {
    exit: 1,
    meaning: 'The caller of the control API did not prove who it is.',
    mend: 'Open the window again with `warder ui`.',
  },
  'presence.required': {
    exit: 4,
    meaning: 'The request widens trust, so a person has to confirm it.',
    mend: 'Answer the question on the terminal, or pass `--yes` in a script once you have read what it allows.',
  },
  'presence.refused': {
    exit: 1,
    meaning: 'A person was asked and said no, or the question expired.',
    mend: 'Nothing was changed. Ask again if that was a mistake.',
  },
  'approval.unknown': {
    exit: 3,
    meaning: 'Nothing waits for approval under that id.',
    mend: 'See `warder approvals`; the change may have been taken back in config.json.',
  },
  'approval.impossible': {
    exit: 1,
    meaning:
      'What waits cannot be allowed by anybody: `warder approvals` says what is wrong with it.',
    mend: 'Turn it down, and ask who made the server to mend it.',
  },
  'companion.unreachable': {
    exit: 69,
    meaning: 'No companion answers for this home.',
    mend: 'Start it with `warder serve` (or open the app).',
  },
  'companion.foreign': {
    exit: 1,
    meaning: 'The control socket of this home belongs to another user, so nothing was sent to it.',
    mend: 'Use a `--home` of your own. If this one is yours, somebody else could write to it: look who.',
  },
  'companion.not_understood': {
    exit: 1,
    meaning: 'The companion answered in a form that this command line does not know.',
    mend: 'They are of different versions: restart the companion.',
  },
  'instance.running': {
    exit: 1,
    meaning: 'Another companion already holds this home.',
    mend: 'Use the one that runs (`warder status`), stop it, or choose another `--home`.',
  },
  'autostart.impossible': {
    exit: 1,
    meaning:
      'Warder cannot arrange to be started at login: a headless one never does, and the system may refuse.',
    mend: 'Set it in the settings of the system, or start `warder serve` from its service manager.',
  },
  'ui.missing': {
    exit: 1,
    meaning: 'The files of the window are not there, or not those of this version.',
    mend: 'Build them with `npm run build`, or install Warder again.',
  },
  'store.unwritable': {
    exit: 1,
    meaning:
      'The home directory or its database cannot be written (disk full, read-only, or not yours).',
    mend: 'Free space or mend the permissions, then repeat. Nothing that was stored is lost.',
  },
  'store.newer': {
    exit: 1,
    meaning: 'The state database was written by a newer Warder.',
    mend: 'Update Warder, or use another `--home`.',
  },
  'config.invalid': {
    exit: 1,
    meaning:
      'config.json is not what its schema allows. The last good configuration stays in force.',
    mend: 'Mend the line that the message names; saving the file loads it again.',
  },
  'config.secret_in_clear': {
    exit: 1,
    meaning: 'config.json would hold a credential in clear text.',
    mend: 'Put the value into the vault with `warder secret set NAME` and write `secret:NAME` instead.',
  },
  'server.unknown': {
    exit: 3,
    meaning: 'No server has that name.',
    mend: 'See `warder server list`.',
  },
  'provider.unknown': {
    exit: 3,
    meaning: 'There is no provider profile of that name, or it waits for your approval.',
    mend: 'Look into `providers` of config.json, and at `warder approvals`.',
  },
  'preset.unknown': {
    exit: 3,
    meaning: 'There is no preset of that name.',
    mend: 'Run `warder server presets`: it shows them all.',
  },
  'server.exists': {
    exit: 1,
    meaning: 'A server of that name is already there.',
    mend: 'Remove it first with `warder server remove NAME`, or choose another name.',
  },
  'server.held': {
    exit: 4,
    meaning: 'The definition of this server was added or changed and waits for a person.',
    mend: 'Look at it with `warder approvals` and approve or deny it.',
  },
  'server.changed': {
    exit: 4,
    meaning:
      'What the command of this local server runs is no longer what was approved: another program, script, or version of its package. It is not started and gets no secret.',
    mend: 'Look at it with `warder approvals`; approve it if you changed it, else find out who did.',
  },
  'server.unpinned': {
    exit: 1,
    meaning:
      'The command of this local server leaves open which version of a package it runs, so there is nothing to approve.',
    mend: 'Write the exact version into the command, or install the package and name its program.',
  },
  'server.unsafe': {
    exit: 1,
    meaning:
      'Another user of this machine can change what the local server runs: its program, script, folder, or a folder above one of them.',
    mend: 'Move it into a folder of yours, or take the right to write from the others (`chmod go-w PATH`, `chown`).',
  },
  'server.start_failed': {
    exit: 1,
    meaning: 'The local server could not be started, or ended before it answered.',
    mend: 'Run `warder server test NAME`; the message names the exit code and the last lines it wrote.',
  },
  'server.ended': {
    exit: 1,
    meaning: 'The local server ended while it was in use.',
    mend: 'The next call starts it again; the message names the exit code and the last lines it wrote.',
  },
  'server.stop_failed': {
    exit: 1,
    meaning: 'A process of a local server could not be ended.',
    mend: 'End the process that the message names by hand; until then it may still use its credential.',
  },
  'server.over_limit': {
    exit: 1,
    meaning:
      'A local server used more than its definition lets it, so it was ended with all that it had started.',
    mend: 'See what it wrote (`warder server logs NAME`), ask it for less at a time, or raise its limit.',
  },
  'server.unreachable': {
    exit: 1,
    meaning: 'The remote server could not be reached or did not answer in time.',
    mend: 'Check the network and the URL (`warder server list`).',
  },
  'server.timed_out': {
    exit: 1,
    meaning:
      'The server was silent about a call, or took longer with it, than Warder waits; the server was told that nobody waits.',
    mend: 'Try again with less to do at a time. Whether the server did what was asked is not known.',
  },
  'server.refused': {
    exit: 1,
    meaning: 'The server answered with an error where it should have let Warder in.',
    mend: 'The message names the answer; the operator of the server knows why.',
  },
  'server.protocol': {
    exit: 1,
    meaning: 'The server answered with something that is not the Model Context Protocol.',
    mend: 'Check that the URL or command really is an MCP server.',
  },
  'secret.unknown': {
    exit: 3,
    meaning: 'No secret has that name.',
    mend: 'Set it with `warder secret set NAME`.',
  },
  'secret.invalid': {
    exit: 2,
    meaning: 'The value cannot be stored: it is empty, too long, more than one line, or not text.',
    mend: 'Pass the value on standard input, without quotes around it.',
  },
  'secret.binding_changed': {
    exit: 4,
    meaning: 'The secret was entered for another destination than the one that asks for it now.',
    mend: 'If the new destination is right, set the secret again with `warder secret set NAME --for SERVER`.',
  },
  'secret.in_use': {
    exit: 1,
    meaning: 'A server still refers to this secret.',
    mend: 'Remove the reference or the server first.',
  },
  'client.unknown': {
    exit: 3,
    meaning: 'No client has that name.',
    mend: 'See `warder client list`, or add it with `warder client add NAME`.',
  },
  'client.exists': {
    exit: 1,
    meaning: 'A client of that name is already there.',
    mend: 'Remove it first, or choose another name.',
  },
  'client.unauthorized': {
    exit: 1,
    meaning: 'The bearer token is missing, unknown, or was revoked.',
    mend: 'Add the client again with `warder client add NAME` and give it the new token.',
  },
  'update.no_place': {
    exit: 1,
    meaning: 'This build of Warder was not told where its releases are, so it looks nowhere.',
    mend: 'Look where you got it from.',
  },
  'update.unreadable': {
    exit: 1,
    meaning: 'The place of the releases answered, and named no version.',
    mend: 'Look at the page of the releases yourself, or again later.',
  },
  'update.none': {
    exit: 3,
    meaning: 'No version that is newer than this one is known.',
    mend: 'Look for one first.',
  },
  'export.unknown': {
    exit: 3,
    meaning: 'No file is being made under that id (any more).',
    mend: 'Begin again.',
  },
  'export.busy': {
    exit: 1,
    meaning: 'The question where a file goes is open already.',
    mend: 'Answer it first; it may be behind another window.',
  },
  'vault.choose': {
    exit: 4,
    meaning:
      'There is no usable keychain, so nothing can be stored until you choose another vault.',
    mend: 'Start the app and answer its question, or start `warder serve --vault file` (asks for a passphrase) or `--vault memory` (forgets at exit).',
  },
  'vault.chosen_at_start': {
    exit: 1,
    meaning: 'A Warder without a window takes another vault only when it starts.',
    mend: 'End it, and start `warder serve --vault file` or `--vault keychain`.',
  },
  'vault.locked': {
    exit: 4,
    meaning: 'The keychain is locked, or its prompt was dismissed.',
    mend: 'Unlock your login keyring, then repeat. Nothing was lost.',
  },
  'vault.locked_or_missing': {
    exit: 4,
    meaning: 'The keychain does not show an item that Warder knows it stored.',
    mend: 'Unlock the keyring. If the item was removed outside Warder, connect or set it again.',
  },
  'vault.absent': {
    exit: 4,
    meaning: 'No keychain service answers on this machine.',
    mend: 'Install and start one (gnome-keyring, KWallet), or choose `--vault file` or `--vault memory`.',
  },
  'vault.timeout': {
    exit: 1,
    meaning: 'The keychain did not answer in time; its helper was ended.',
    mend: 'Look for a keyring prompt behind other windows, then repeat.',
  },
  'vault.write_failed': {
    exit: 1,
    meaning: 'The value was not stored, or could not be read back as it was written.',
    mend: 'Repeat; if it stays, see `warder status` for the state of the vault.',
  },
  'vault.delete_failed': {
    exit: 1,
    meaning: 'The keychain did not confirm that the item was deleted.',
    mend: 'Unlock the keyring and repeat: until then the item must be taken as still there.',
  },
  'vault.failed': {
    exit: 1,
    meaning:
      'The keychain, or the helper that asks it, failed in the middle of an operation; whether it was carried out is unknown.',
    mend: 'Repeat. If it stays, see `warder status` for the state of the vault.',
  },
  'vault.damaged': {
    exit: 1,
    meaning: 'An item in the keychain is not as Warder wrote it, so nothing of it was used.',
    mend: 'Something else changed it. Connect again or set the secret again; that replaces the item.',
  },
  'vault.wrong_passphrase': {
    exit: 1,
    meaning: 'The passphrase does not open the vault file, or the file was altered.',
    mend: 'Try again. Warder cannot recover a forgotten passphrase.',
  },
  'net.url_refused': {
    exit: 1,
    meaning: 'A URL from outside breaks the URL policy and was neither opened nor fetched.',
    mend: 'If the server is yours, mend its metadata; else do not use it.',
  },
  'net.address_refused': {
    exit: 1,
    meaning:
      'The name resolves to an address that Warder does not dial (loopback, private, link-local, metadata).',
    mend: 'For a server in your own network add that network to its `allowedNetworks` (`warder server add … --allow-network 10.1.0.0/16`).',
  },
  'net.unreachable': {
    exit: 1,
    meaning: 'The host could not be reached.',
    mend: 'Check the network, then repeat.',
  },
  'net.tls_untrusted': {
    exit: 1,
    meaning:
      'The certificate of the host, or of the proxy, is from an issuer that this machine does not trust.',
    mend: 'If your organisation inspects TLS or the host is your own, install its certificate authority in the system, or name its file in `NODE_EXTRA_CA_CERTS`, and start Warder again. Else do not connect.',
  },
  'net.tls_wrong_host': {
    exit: 1,
    meaning: 'The certificate that answered is for another host.',
    mend: 'Check the URL; a captive portal or a proxy may have answered in place of the host.',
  },
  'net.tls_expired': {
    exit: 1,
    meaning: 'The certificate of the host is expired or not valid yet.',
    mend: 'Check the clock of this machine, else tell the operator of the host.',
  },
  'net.proxy_invalid': {
    exit: 1,
    meaning:
      'The proxy of the environment is not written as one that Warder can use, so nothing was sent.',
    mend: 'Write `HTTPS_PROXY` as http://HOST:PORT or https://HOST:PORT, or set `settings.proxy` in config.json.',
  },
  'net.proxy_unreachable': {
    exit: 1,
    meaning: 'The proxy could not be reached or did not answer in time.',
    mend: 'Check `settings.proxy` in config.json, or `HTTPS_PROXY` where that is not set, and the network.',
  },
  'net.proxy_auth': {
    exit: 1,
    meaning: 'The proxy wants credentials that it did not get, or not the right ones (407).',
    mend: 'Store the password with `warder secret set NAME` and name it in `settings.proxy` (`username`, and `password: secret:NAME`).',
  },
  'net.proxy_refused': {
    exit: 1,
    meaning: 'The proxy answered, and did not open the way to the host.',
    mend: 'Ask whoever runs the proxy to allow the host that the message names, or list it in `settings.proxy.bypass`.',
  },
  'net.too_large': {
    exit: 1,
    meaning: 'An answer was larger or deeper than Warder reads.',
    mend: 'The other side is broken or hostile; nothing of the answer was used.',
  },
  'net.malformed': {
    exit: 1,
    meaning: 'An answer was not the UTF-8 text or the JSON that was expected.',
    mend: 'Check that the URL is the right one; nothing of the answer was used.',
  },
  'oauth.metadata_invalid': {
    exit: 1,
    meaning:
      'The metadata of the resource or of the authorization server is missing, not JSON, or breaks its RFC.',
    mend: 'Tell the operator of the server; the message names the document and the field.',
  },
  'oauth.issuer_mismatch': {
    exit: 1,
    meaning:
      'The issuer in a document or answer is not the one that was asked (RFC 8414 §3.3, RFC 9207 §2.4).',
    mend: 'Do not sign in: this is how one provider poses as another. Tell the operator.',
  },
  'oauth.issuer_unnamed': {
    exit: 2,
    meaning:
      'The definition names a client secret or private key, and nobody has said which provider it is for; the MCP server does not get to choose who learns it.',
    mend: 'Check that `details.issuer` is where you registered the client. Then remove the server and add it with `--issuer URL`, or write `oauth.issuer` into its definition and approve that.',
  },
  'oauth.issuer_choice': {
    exit: 2,
    meaning:
      'The server takes sign-ins at several providers, and the client ID in its definition belongs to only one of them.',
    mend: 'Say which one: `warder connect SERVER --issuer URL`; `details.issuers` lists them.',
  },
  'oauth.issuer_not_listed': {
    exit: 1,
    meaning: 'The provider that was asked for is none of those that the server takes sign-ins at.',
    mend: 'Name one of `details.issuers`, exactly as the server spells it, or correct the profile of the server.',
  },
  'oauth.resource_mismatch': {
    exit: 1,
    meaning:
      'The protected resource metadata speaks of another resource than this server (RFC 9728 §3.3).',
    mend: 'Check the URL of the server, or tell its operator.',
  },
  'oauth.pkce_unsupported': {
    exit: 1,
    meaning: 'The authorization server does not advertise PKCE with S256.',
    mend: 'Tell the operator; Warder does not sign in without it.',
  },
  'oauth.device_unsupported': {
    exit: 1,
    meaning: 'The identity provider offers no sign-in by a code on another device.',
    mend: 'Run `warder connect SERVER --no-browser`, open the link in any browser, and paste the address that it ends at.',
  },
  'oauth.registration_needed': {
    exit: 4,
    meaning: 'The provider offers no way to register by itself.',
    mend: 'Register a native app there with the redirect URI that the message names and put its client ID into the server definition.',
  },
  'oauth.registration_failed': {
    exit: 1,
    meaning: 'The provider refused to register Warder as a client.',
    mend: 'Register by hand and put the client ID into the server definition.',
  },
  'cimd.not_configured': {
    exit: 1,
    meaning: 'Nobody said where the client ID metadata document of this Warder is published.',
    mend: 'Set `settings.clientMetadataUrl` in config.json to the https URL where you will publish it, then run `warder cimd` again and put what it prints there.',
  },
  'cimd.unusable': {
    exit: 1,
    meaning: 'A provider would not take this URL for a client ID.',
    mend: 'Choose an https URL with a path, without query and fragment, and set `settings.clientMetadataUrl` to it.',
  },
  'oauth.state_mismatch': {
    exit: 1,
    meaning: 'An answer came back whose state is not the one of this sign-in.',
    mend: 'Nothing was accepted. Start the sign-in again from Warder.',
  },
  'oauth.paste_refused': {
    exit: 1,
    meaning: 'What was pasted is not the address that this sign-in ends at. Nothing was accepted.',
    mend: 'The sign-in still waits: copy the whole address of the page that the browser ended at, and paste it again.',
  },
  'oauth.authorization_refused': {
    exit: 1,
    meaning: 'The provider, or the person at it, refused the sign-in.',
    mend: 'Connect again if that was not meant.',
  },
  'oauth.sign_in_abandoned': {
    exit: 4,
    meaning: 'The sign-in was not finished in time, or was cancelled.',
    mend: 'Connect again; the browser page of the old attempt is void.',
  },
  'oauth.browser_failed': {
    exit: 4,
    meaning: 'No browser could be opened.',
    mend: 'Add `--no-browser` to the command, and open the link that it prints yourself.',
  },
  'oauth.callback_port': {
    exit: 1,
    meaning:
      'The port of the registered redirect URI is taken by another program, or by another sign-in of Warder.',
    mend: 'Finish or cancel that sign-in, close that program, or register another redirect URI.',
  },
  'oauth.token_refused': {
    exit: 1,
    meaning: 'The token endpoint refused the request or answered outside the protocol.',
    mend: 'Connect again; if it repeats, `warder why ACCOUNT` shows what the provider answered.',
  },
  'oauth.client_refused': {
    exit: 4,
    meaning:
      'The provider does not take Warder as the client that the server definition names: the secret or the key is wrong or over, or the client may not ask in this way.',
    mend: 'Set the secret that the message names again with `warder secret set NAME`, then `warder connect SERVER`. Where the client was registered to send its secret in the body of the request, the definition has to say so: `tokenEndpointAuthMethod` is `client_secret_post`.',
  },
  'oauth.client_key': {
    exit: 4,
    meaning:
      'The private key of a client is neither PKCS#8 PEM nor JWK, or of a type or size that Warder does not sign with.',
    mend: 'Put one for ES256, RS256, PS256 or EdDSA into the vault: `warder secret set NAME < key.pem`. From another form of PEM, `openssl pkcs8 -topk8 -nocrypt` makes it.',
  },
  'oauth.service_incomplete': {
    exit: 2,
    meaning:
      'Warder is to sign in to a server as itself, and the definition says not as which client or with which secret.',
    mend: 'Name the client ID, and either its client secret or its private key as `secret:NAME`.',
  },
  'oauth.provider_unavailable': {
    exit: 1,
    meaning: 'The identity provider is down or did not answer.',
    mend: 'Nothing was lost. Repeat a sign-in when it is back; for an account that is signed in, `warder why ACCOUNT` says when Warder asks again.',
  },
  'oauth.dpop_unsupported': {
    exit: 1,
    meaning:
      'The tokens of this server have to be bound to a key (DPoP, RFC 9449), and its provider cannot do that with an algorithm that Warder has; or the token that is exchanged for them is bound, and the server does not take such tokens.',
    mend: 'Tell the operator of the server. Where an account of yours was bound before and the change is genuine, revoke it and connect again.',
  },
  'oauth.dpop_downgrade': {
    exit: 1,
    meaning:
      'A token that has to be bound to a key (DPoP, RFC 9449) came without its binding, or was asked for without it.',
    mend: 'Nothing was accepted, and no token was sent without its proof. If the change is genuine, revoke the account and connect again.',
  },
  'server.import_invalid': {
    exit: 1,
    meaning:
      'A server.json, a bundle or a piece of configuration cannot become a server of Warder.',
    mend: 'The message says why. Write the server by hand: `warder help server add`.',
  },
  'adoption.forgetful_vault': {
    exit: 4,
    meaning: 'The vault does not keep what is put into it, so credentials cannot move there.',
    mend: 'Start Warder with a keychain, or with `warder serve --vault file`.',
  },
  'adoption.halfway': {
    exit: 1,
    meaning: 'Servers were moved out of some files only, and those files could not be put back.',
    mend: 'Make room on the disk, or make the files writable, then run `warder doctor --undo`.',
  },
  'adoption.name_taken': {
    exit: 1,
    meaning:
      'While a person was asked, somebody else added a server or a secret under a name that the adoption would have taken.',
    mend: 'Run `warder doctor --fix` again: it takes another name.',
  },
  'adoption.none': {
    exit: 1,
    meaning: 'No adoption of servers can be undone.',
    mend: 'What was adopted is shown by `warder server list`; `warder unwire CLIENT` takes Warder out of a client.',
  },
  'registry.unknown': {
    exit: 3,
    meaning: 'The MCP Registry has no server of that name and version.',
    mend: 'Look it up at https://registry.modelcontextprotocol.io; names are written as io.github.owner/server.',
  },
  'registry.bundle_changed': {
    exit: 1,
    meaning: 'A bundle is not the one that the MCP Registry names: its SHA-256 is another one.',
    mend: 'Do not use it. Tell whoever publishes the server.',
  },
  'setup.invalid': {
    exit: 1,
    meaning: 'A file is no set-up of Warder, or one of a newer version.',
    mend: 'Make it with `warder setup export` of the same version.',
  },
  'setup.secret_found': {
    exit: 1,
    meaning: 'Something in the configuration looks like a credential, so it was not exported.',
    mend: 'Put it into the vault with `warder secret set`, and write secret:NAME in its place.',
  },
  'wiring.unknown_client': {
    exit: 3,
    meaning: 'Warder does not know how a client of that name is configured.',
    mend: 'See `warder wire` for those it knows; any other takes the command that `warder client add NAME` shows.',
  },
  'wiring.no_scope': {
    exit: 2,
    meaning: 'The client has no configuration of that scope.',
    mend: 'Leave `--scope` out: then it is wired for every project.',
  },
  'wiring.broken': {
    exit: 1,
    meaning:
      'The configuration of the client is not one that the client itself could read, so it is not touched.',
    mend: 'Open the file in the client or an editor, mend it, and run the command again.',
  },
  'wiring.not_ours': {
    exit: 1,
    meaning:
      'What stands in the place of the configuration is no file of yours that may be written: a folder, a link that leads nowhere or out of its project, read-only, or of another user.',
    mend: 'Look at the path in the message. Make it a file of yours that you may write, and run the command again.',
  },
  'wiring.name_taken': {
    exit: 1,
    meaning:
      'The client has a server by the name of Warder that is not Warder, or is Warder for another client that reads the same file.',
    mend: 'Rename or remove that server in the client, or leave the file to the other client; then run the command again.',
  },
  'wiring.changed': {
    exit: 1,
    meaning:
      'The configuration of the client changed while you were looking at what would be changed.',
    mend: 'Nothing was written. Run the command again to see what would be changed now.',
  },
  'wiring.unsafe_edit': {
    exit: 1,
    meaning:
      'The edit of the configuration would have changed more than the one entry, so it was not made.',
    mend: 'Nothing was written. Add the server by hand: `warder client add CLIENT` shows the command that it starts.',
  },
  'wiring.unwritable': {
    exit: 1,
    meaning: 'The configuration of the client could not be written; it is as it was.',
    mend: 'Look for a full disk or a folder that may not be written, and run the command again.',
  },
  'wiring.not_wired': {
    exit: 3,
    meaning: 'Warder has not wired that client, and nothing in its configuration starts Warder.',
    mend: 'See `warder wire` for what is wired.',
  },
  'wiring.no_shim': {
    exit: 1,
    meaning: 'This installation of Warder has no command that a client could start.',
    mend: 'Install the command line, and run `warder wire` with it.',
  },
  'import.unknown': {
    exit: 3,
    meaning: 'No token file of another program has that ID.',
    mend: 'See `warder import`; an ID goes when its program signs out or its file is shredded.',
  },
  'import.server_needed': {
    exit: 2,
    meaning: 'The file does not say which server its token is of.',
    mend: 'Name the server with --server; add it first with `warder server add` where Warder does not know it.',
  },
  'import.other_server': {
    exit: 1,
    meaning:
      'The token belongs to another server, or came from another provider, than the one it was to be used for.',
    mend: 'The token was sent nowhere. Name the server that it is of: `warder import` shows what its file says.',
  },
  'import.adopted': {
    exit: 1,
    meaning: 'The token in that file was adopted already.',
    mend: 'Shred the file with `warder import shred ID`. To end the access, revoke the account with `warder revoke`.',
  },
  'import.unusable': {
    exit: 1,
    meaning: 'What lies in that file is not enough to go on with.',
    mend: 'Sign in with `warder connect`, then shred the file with `warder import shred ID`.',
  },
  'import.refused': {
    exit: 1,
    meaning: 'The provider says that the token in that file is over.',
    mend: 'Sign in with `warder connect`, then shred the file with `warder import shred ID`.',
  },
  'import.busy': {
    exit: 1,
    meaning: 'The same token is being adopted or revoked just now.',
    mend: 'Wait until that is done, then look again with `warder import`.',
  },
  'import.changed': {
    exit: 1,
    meaning: 'A token file of another program changed between looking at it and shredding it.',
    mend: 'Look again with `warder import`: the program may have renewed its token meanwhile.',
  },
  'grant.unknown': {
    exit: 3,
    meaning: 'No account has that name.',
    mend: 'See `warder accounts`.',
  },
  'grant.ambiguous': {
    exit: 2,
    meaning: 'More than one account answers to that name.',
    mend: 'Use the full form SERVER/ACCOUNT from `warder accounts`.',
  },
  'grant.sign_in_needed': {
    exit: 4,
    meaning: 'The server needs a signed-in account and there is none that works.',
    mend: 'Run `warder connect SERVER`, or follow the link of the error to the page of Warder. A call that waits meanwhile runs then; one that has ended has to be made again. `warder why ACCOUNT` says what happened.',
  },
  'grant.scopes_needed': {
    exit: 4,
    meaning: 'The account works, but the server wants scopes for this call that it was not given.',
    mend: 'Run `warder connect SERVER`: it asks for what the account has and for what is missing.',
  },
  'grant.scopes_refused': {
    exit: 1,
    meaning:
      'The server wants scopes for this call that the account cannot get: they were asked for and not granted, or the server definition leaves them out.',
    mend: 'Ask who runs the server or the provider, or add the scopes to the server definition.',
  },
  'grant.bound': {
    exit: 1,
    meaning:
      'The tokens of this account are bound to a key that never leaves Warder (DPoP, RFC 9449), so another program could do nothing with one.',
    mend: 'Let the client use that server through Warder, or give the program a credential of its own with `warder secret set`.',
  },
  'grant.elsewhere': {
    exit: 1,
    meaning:
      'A header of the server definition refers to the token of another server. A token goes to the server that it was issued for, and to no other (MCP, Token Handling).',
    mend: 'Let the client use that other server through Warder, or enter a credential of this one with `warder secret set`.',
  },
  'grant.frozen': {
    exit: 4,
    meaning:
      'The provider names other endpoints, or issues another kind of token, than when this account was signed in, so its tokens are held.',
    mend: 'If the change is genuine, revoke the account and connect again.',
  },
  'policy.denied': {
    exit: 1,
    meaning: 'No rule allows this client to do that, or a rule denies it.',
    mend: 'The audit shows the deciding rule; change the rules in config.json if the call is wanted.',
  },
  'policy.tool_held': {
    exit: 4,
    meaning:
      'The tool is new on a server that was in use, has changed, or hides something, so nobody sees or calls it until a person has looked.',
    mend: 'See `warder approvals` for what is different, and approve it there or turn it down.',
  },
  'policy.stopped': {
    exit: 4,
    meaning:
      'Everything was stopped (`warder revoke --all`), so no call passes and nobody signs in.',
    mend: 'A person lifts the stop with `warder resume`; accounts then have to sign in again.',
  },
  'policy.paused': {
    exit: 4,
    meaning: 'A person has paused every call (`warder pause`, or in the tray). Nothing is revoked.',
    mend: 'A person ends the pause with `warder resume`, or in the tray.',
  },
  'policy.locked': {
    exit: 4,
    meaning:
      'Warder is locked (`warder lock`, in the tray, or with the screen): no call passes, and only what narrows is answered.',
    mend: 'A person unlocks it with `warder unlock`, or in the tray.',
  },
  'receipt.unknown': {
    exit: 3,
    meaning: 'There is no receipt with that id.',
    mend: 'See `warder receipts`.',
  },
  'bridge.malformed': {
    exit: 1,
    meaning:
      'A message is not acceptable JSON-RPC (batch, duplicate keys, look-alike keys, not JSON).',
    mend: 'The program that sent it is broken or hostile; nothing was forwarded.',
  },
  'bridge.too_large': {
    exit: 1,
    meaning: 'A message is larger than Warder forwards.',
    mend: 'Ask for less at once.',
  },
  'bridge.not_opened': {
    exit: 1,
    meaning: 'The client sent a call before it opened the session with `initialize`.',
    mend: 'The client is broken, or speaks a revision that Warder does not translate yet.',
  },
  'bridge.busy': {
    exit: 1,
    meaning:
      'Too many calls of one session wait for an answer, or too much of one client, or of all of them, waits in memory.',
    mend: 'Let some of it finish first, and have the client read its answers.',
  },
  'bridge.outcome_unknown': {
    exit: 1,
    meaning:
      'Warder went away (restart, update, crash) while a call was under way. It may have been carried out, and was not repeated.',
    mend: 'Look whether it was carried out before you call it again; the audit names it lost.',
  },
  'bridge.not_offered': {
    exit: 1,
    meaning: 'A server asked a client for something that this client never said it can do.',
    mend: 'Use a client that can, or a server that does without; nothing was forwarded.',
  },
  'bridge.client_away': {
    exit: 1,
    meaning: 'A server asked a client for something while there was no way to reach the client.',
    mend: 'Call the tool again, and keep the client open until it has answered.',
  },
  'bridge.era_unsupported': {
    exit: 1,
    meaning: 'The two sides speak revisions of the protocol that Warder does not translate yet.',
    mend: 'Use the 2025-11-25 revision on both sides.',
  },
  'door.port_taken': {
    exit: 1,
    meaning: 'The port of the token door is in use by another program.',
    mend: 'Choose another with `warder serve --port N`; clients must then be told the new URL.',
  },
  'audit.unwritable': {
    exit: 1,
    meaning: 'The audit log cannot be written, so no call leaves.',
    mend: 'Free disk space or mend the permissions of the home directory.',
  },
} as const satisfies Record<string, { exit: number; meaning: string; mend: string }>

export type ErrorCode = keyof typeof errorCodes

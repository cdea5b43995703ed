import { LONGEST as LONG, type TokenForm } from './match-forms.ts'

/**
 * Tokens that the rules of gitleaks leave out, or know in the length of today only. Each beginning is documented by who
 * issues it; what comes after is only as exact as it has to be, since a token that is cut short is still worth hiding.
 */
export const ownForms: readonly TokenForm[] = [
  // RFC 7519 and 7516: compact serialisations of a header that is a JSON object.
  ['jwt', 'eyJ', ['\\w-', 8, LONG], '.eyJ', ['\\w-', 8, LONG], '.', ['\\w-', 0, LONG]],
  [
    'jwe',
    'eyJ',
    ['\\w-', 8, LONG],
    '.',
    ['\\w-', 0, LONG],
    '.',
    ['\\w-', 8, LONG],
    '.',
    ['\\w-', 8, LONG],
    '.',
    ['\\w-', 8, LONG],
  ],
  // What an organisation's webhook is reached by is all that it asks for.
  ['slack-webhook', 'https://hooks.slack.com/services/', ['\\w\\/+', 20, LONG]],
  ['slack-webhook', 'hooks.slack.com/', ['\\w\\/+', 20, LONG]],
  ['discord-webhook', 'https://discord.com/api/webhooks/', ['\\w\\/-', 20, LONG]],
  ['discord-webhook', 'https://discordapp.com/api/webhooks/', ['\\w\\/-', 20, LONG]],
  ['telegram-bot-url', 'api.telegram.org/bot', ['\\w:-', 20, LONG]],
  ...['A3T', 'AKIA', 'ASIA'].map((first): TokenForm => ['aws-key', first, ['A-Z0-9', 16, LONG]]),
  ['aws-session-token', 'FwoGZXIvYXdz', ['A-Za-z0-9+\\/=', 40, LONG]],
  ['aws-session-token', 'IQoJb3JpZ2lu', ['A-Za-z0-9+\\/=', 40, LONG]],
  ['google-access-token', 'ya29.', ['\\w.-', 20, LONG]],
  ['google-refresh-token', '1//', ['\\w-', 20, LONG]],
  ['google-api-key', 'AIza', ['\\w-', 30, LONG]],
  ['facebook-access-token', 'EAAC', ['A-Za-z0-9', 60, LONG]],
  ['square-access-token', 'EAAA', ['\\w-', 40, LONG]],
  ['atlassian-token', 'ATATT3', ['\\w=-', 20, LONG]],
  ['atlassian-token', 'ATCTT3', ['\\w=-', 20, LONG]],
  ['bitbucket-app-password', 'ATBB', ['A-Za-z0-9', 20, LONG]],
  ['sentry-org-token', 'sntrys_', ['\\w+\\/=', 30, LONG]],
  ['old-notion-token', 'secret_', ['A-Za-z0-9', 40, LONG]],
  ['resend-api-key', 're_', ['A-Za-z0-9', 8, 8], '_', ['A-Za-z0-9', 16, LONG]],
  ['azure-storage-key', 'AccountKey=', ['A-Za-z0-9+\\/=', 40, LONG]],
  ['azure-shared-key', 'SharedAccessKey=', ['A-Za-z0-9+\\/=', 20, LONG]],
  ...beginnings(
    'ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glptt- gloas- glcbt- glft- glsoat- GR1348941',
  ),
  ...beginnings(
    'xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xoxc- xoxd- xoxe.xoxp- xoxe.xoxb- xapp- xwfp-',
  ),
  ...beginnings(
    'sk-ant- sk-proj- sk-svcacct- sk-or-v1- sk-lf- sk- gsk_ xai- pplx- r8_ hf_ nvapi- jina_ pcsk_',
  ),
  ...beginnings(
    'lsv2_pt_ lsv2_sk_ tvly- fc- ctx7sk- e2b_ apify_api_ figd_ ntn_ lin_api_ lin_oauth_ sntryu_',
  ),
  ...beginnings(
    'sk_live_ sk_test_ rk_live_ rk_test_ whsec_ sq0csp- sq0atp- shpat_ shpca_ shppa_ shpss_',
  ),
  ...beginnings(
    'npm_ pypi- rubygems_ dckr_pat_ dckr_oat_ dop_v1_ doo_v1_ dor_v1_ nfp_ tskey- CFPAT- PMAK-',
  ),
  ...beginnings(
    'sbp_ sb_secret_ pscale_tkn_ pscale_oauth_ pscale_pw_ dapi dp.pt. dp.st. hvs. hvb. GOCSPX-',
  ),
  ...beginnings(
    'glsa_ glc_ sgp_ pul- phx_ NRAK- pat-na1- pat-eu1- HRKU- rnd_ xkeysib- xsmtpsib- cal_live_ rdme_',
  ),
  ...beginnings('AGE-SECRET-KEY-1 ops_eyJ SG. EZAK ABSK LTAI'),
]

/** Distinct enough to be believed for what they begin with. */
function beginnings(all: string): TokenForm[] {
  return all.split(' ').map((first) => [first.replace(/[-_.]+$/, ''), first, ['\\w.=-', 16, LONG]])
}

/**
 * Tokens without a fixed beginning. Every part is bounded and starts at the edge of a word, so an attempt costs a few hundred
 * characters at most.
 */
export const shapes: readonly (readonly [rule: string, shape: RegExp])[] = [
  ['discord-bot-token', /(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])/g],
  ['telegram-bot-token', /(?<!\w)\d{8,10}:AA[\w-]{32,34}(?![\w-])/g],
  ['azure-client-secret', /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g],
  ['terraform-token', /(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/g],
  ['mailgun-key', /(?<!\w)key-[0-9a-f]{32}(?!\w)/g],
  ['mailchimp-key', /(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)/g],
  ['twilio-key', /(?<!\w)SK[0-9a-f]{32}(?!\w)/g],
]

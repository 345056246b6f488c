// What keys and tokens look like, as a table: each has a beginning of its own, a length and an alphabet its issuer keeps
// to. Not in it, because notes and mails are full of harmless ones: JSON web tokens, bare passwords, short-lived tokens.

/** A secret that is one unbroken run of letters, digits, `_` and `-`. */
export interface RunKind {
  readonly kind: string;
  /** Matches from the beginning of the run. */
  readonly pattern: RegExp;
  /** What must stand before the run. */
  readonly lead?: RegExp;
  /** What must follow the match; belongs to the secret. */
  readonly tail?: RegExp;
  /** Characters at the beginning that are the same in every secret of this kind; the rest must look random. */
  readonly fixed: number;
}

/** A secret that is told by the words before it. */
export interface LabelKind {
  readonly kind: string;
  readonly labels: readonly string[];
  /** What must stand before the label. */
  readonly lead?: RegExp;
  /** Matches right after the label; the first group is the secret. */
  readonly pattern: RegExp;
  /** True where the secret goes over several lines. */
  readonly spread?: boolean;
}

function run(kind: string, start: string, pattern: RegExp, more: Partial<RunKind> = {}): [string, RunKind] {
  return [start, { kind, pattern, fixed: start.length, ...more }];
}

/** By what the run begins with. Sources: the issuers' own pages on token formats, and the host's scanners built on them. */
const RUNS: readonly [string, RunKind][] = [
  run("an AWS access key", "AKIA", /^AKIA[A-Z0-9]{16}$/),
  run("an AWS access key", "ASIA", /^ASIA[A-Z0-9]{16}$/),
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((start) =>
    run("a GitHub token", start, /^gh[pousr]_[A-Za-z0-9]{36,255}(?![A-Za-z0-9])/),
  ),
  run("a GitHub token", "github_pat_", /^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9])/),
  ...["glpat-", "gldt-", "glrt-", "glptt-"].map((start) =>
    run("a GitLab token", start, /^gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,255}$/),
  ),
  run("a Slack token", "xox", /^xox[abeprs]-(?=[A-Za-z0-9-]*\d{9})[A-Za-z0-9-]{24,255}$/),
  run("a Slack token", "xapp-", /^xapp-\d-[A-Z0-9]{9,}-\d{9,}-[A-Za-z0-9]{32,}$/),
  run("a Google API key", "AIza", /^AIza[A-Za-z0-9_-]{35}$/),
  run("a Google client secret", "GOCSPX-", /^GOCSPX-[A-Za-z0-9_-]{28}$/),
  run("an Anthropic API key", "sk-ant-", /^sk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{80,}$/),
  run("an OpenAI API key", "sk-proj-", /^sk-proj-[A-Za-z0-9_-]{40,}$/),
  run("an OpenAI API key", "sk-svcacct-", /^sk-svcacct-[A-Za-z0-9_-]{40,}$/),
  run("an OpenAI API key", "sk-admin-", /^sk-admin-[A-Za-z0-9_-]{40,}$/),
  run("an API key (sk-or-…)", "sk-or-v1-", /^sk-or-v1-[0-9a-f]{64}$/),
  run("an API key (sk-…)", "sk-", /^sk-(?=[a-zA-Z]*\d)(?=\d*[a-zA-Z])[A-Za-z0-9]{32,64}$/),
  run("a Stripe key", "sk_live_", /^sk_live_[A-Za-z0-9]{20,}(?![A-Za-z0-9])/),
  run("a Stripe key", "rk_live_", /^rk_live_[A-Za-z0-9]{20,}(?![A-Za-z0-9])/),
  run("a Twilio API key", "SK", /^SK[0-9a-f]{32}$/),
  run("a Twilio auth token", "AC", /^AC[0-9a-f]{32}$/, { tail: /^["'\s,:]{1,8}[0-9a-f]{32}(?![A-Za-z0-9_-])/ }),
  run("an npm token", "npm_", /^npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/),
  run("a PyPI token", "pypi-", /^pypi-Ag[A-Za-z0-9_-]{70,}$/),
  run("a Telegram bot token", "AA", /^AA[A-Za-z0-9_-]{33}$/, { lead: /(?:^|[^A-Za-z0-9_-]|bot)\d{8,10}:$/ }),
  ...["dop_v1_", "doo_v1_", "dor_v1_"].map((start) =>
    run("a DigitalOcean token", start, /^do[opr]_v1_[0-9a-f]{64}(?![A-Za-z0-9])/),
  ),
  ...["shpat_", "shpca_", "shppa_", "shpss_"].map((start) =>
    run("a Shopify token", start, /^shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?![A-Za-z0-9])/),
  ),
  run("a Mailgun key", "key-", /^key-[0-9a-f]{32}$/),
  run("a Meta access token", "EAA", /^EAA[A-Za-z0-9]{100,}$/),
  run("a WooCommerce secret", "cs_", /^cs_[0-9a-f]{40}$/),
  run("a Hugging Face token", "hf_", /^hf_[A-Za-z]{34}$/),
  run("a HubSpot token", "pat-", /^pat-(?:na|eu)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  run("a Brevo key", "xkeysib-", /^xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}$/),
  run("a Docker token", "dckr_pat_", /^dckr_pat_[A-Za-z0-9_-]{27}$/),
  run("an age key", "AGE-SECRET-KEY-1", /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/),
];

const byStart = new Map<string, RunKind[]>();
for (const [start, kind] of RUNS) {
  const two = start.slice(0, 2);
  byStart.set(two, [...(byStart.get(two) ?? []), kind]);
}

/** The kinds that a run beginning with these two characters may be. */
export function runKinds(firstTwo: string): readonly RunKind[] {
  return byStart.get(firstTwo) ?? [];
}

const ASSIGNED = String.raw`["']?\s{0,8}(?:=>|:=|[:=,])\s{0,8}["']?`;

/** Bodies of keys come with line ends, or with the escapes and quotes of a string that spans lines. */
const BETWEEN = String.raw`(?:[\s"'+,>]|\\[nr])`;
const HEADER_LINES = String.raw`(?:[A-Z][A-Za-z-]{2,20}: [^\n\\]{0,120}(?:\n|\\n)${BETWEEN}*)`;

export const LABEL_KINDS: readonly LabelKind[] = [
  {
    kind: "a private key",
    labels: ["PRIVATE KEY"],
    lead: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}$/,
    pattern: new RegExp(
      `^(?: BLOCK)?-----${BETWEEN}*${HEADER_LINES}*(?=[A-Za-z0-9+/]{40})((?:[A-Za-z0-9+/=]+${BETWEEN}*)+)`,
    ),
    spread: true,
  },
  {
    kind: "a private key",
    labels: ["Private-Lines: "],
    pattern: /^\d{1,4}\r?\n(?=[A-Za-z0-9+/]{40})((?:[A-Za-z0-9+/=]{2,}\r?\n)+)/,
    spread: true,
  },
  { kind: "an Azure storage key", labels: ["AccountKey="], pattern: /^([A-Za-z0-9+/]{86}==)/ },
  {
    kind: "an AWS secret access key",
    labels: ["ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey"],
    pattern: new RegExp(`^${ASSIGNED}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])`),
  },
  {
    kind: "a Slack webhook",
    labels: ["hooks.slack.com/services/"],
    pattern: /^(T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{24})(?![A-Za-z0-9])/,
  },
  {
    kind: "a SendGrid key",
    labels: ["SG."],
    lead: /(?:^|[^A-Za-z0-9_-]|\\[nrt])$/,
    pattern: /^([A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/,
  },
  {
    kind: "a Google refresh token",
    labels: ["1//0"],
    lead: /(?:^|[^A-Za-z0-9_/-]|\\[nrt])$/,
    pattern: /^([A-Za-z0-9_-]{40,200})(?![A-Za-z0-9_-])/,
  },
  {
    kind: "a Google Ads developer token",
    labels: ["eveloper_token", "eveloper-token", "eveloperToken", "EVELOPER_TOKEN"],
    pattern: new RegExp(
      `^${ASSIGNED}((?=[A-Za-z_-]*[0-9])(?=[A-Z0-9_-]*[a-z])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])`,
    ),
  },
  {
    kind: "a Twilio auth token",
    labels: ["TWILIO_AUTH_TOKEN", "twilio_auth_token"],
    pattern: new RegExp(`^${ASSIGNED}([0-9a-f]{32})(?![A-Za-z0-9_-])`),
  },
  {
    kind: "a token of a package registry",
    labels: ["_authToken"],
    pattern: new RegExp(`^${ASSIGNED}([A-Za-z0-9_+/=-]{20,200})(?![A-Za-z0-9_+/=-])`),
  },
];

const STAND_INS =
  /x{4}|\*{3}|\.{3}|0{6}|your|example|sample|dummy|fake|placeholder|redacted|insert|replace|changeme|12345678|abcdefgh/i;
const LEAST_BITS = 2.7;

/** In so many random characters any short word comes up now and then; their entropy alone tells enough. */
const LONG = 200;
const LEAST_BITS_OF_LONG = 4;

/** Tells what stands in for a secret in instructions: words, repetitions, the alphabet, one character. */
export function isPlaceholder(value: string): boolean {
  if (value.length > LONG) return bitsPerCharacter(value) < LEAST_BITS_OF_LONG;
  return STAND_INS.test(value) || bitsPerCharacter(value) < LEAST_BITS || isCounting(value);
}

/** Shannon's entropy of the characters; random hex digits have about 3.6 in 32 characters, words repeated below 2.7. */
function bitsPerCharacter(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

/** True when most characters are the one after their neighbour, as in 0123456789abcdef. */
function isCounting(value: string): boolean {
  let steps = 0;
  for (let at = 1; at < value.length; at++) steps += +(value.charCodeAt(at) - value.charCodeAt(at - 1) === 1);
  return steps * 2 > value.length;
}

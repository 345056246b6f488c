// Which secrets are found and which look-alikes are not. Every sample is put together from parts, so that no scanner
// stumbles over this file.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { ContentReader } from "../lib/integrity/content.ts";
import type { FoundSecret } from "../lib/integrity/secrets.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM = `${UPPER}${UPPER.toLowerCase()}0123456789`;
const HEX = "0123456789abcdef";

/** Characters that look random and are the same in every run. */
function random(alphabet: string, length: number, seed = "a"): string {
  let text = "";
  for (let block = 0; text.length < length; block++) {
    const bytes = createHash("sha256").update(`${seed} ${block}`).digest();
    for (const byte of bytes) text += alphabet[byte % alphabet.length];
  }
  return text.slice(0, length);
}

function secretsIn(content: string | Uint8Array): readonly FoundSecret[] {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const [found, streamed] = [bytes.length, undefined].map((sizeBytes) => {
    const reader = new ContentReader({ json: false, sizeBytes });
    reader.take(bytes);
    return reader.end().secrets;
  });
  expect(streamed).toEqual(found);
  return found ?? [];
}

const kindsIn = (content: string): string[] => secretsIn(content).map(({ kind }) => kind);
const join = (...parts: string[]): string => parts.join("");

/** Kind, the part that is always the same, and the rest; secrets of exactly this length. */
const EXACT: readonly (readonly [string, string, string])[] = [
  ["an AWS access key", "AKIA", random(`${UPPER}234567`, 16)],
  ["an AWS access key", "ASIA", random(`${UPPER}234567`, 16, "b")],
  ["a Google API key", "AIza", random(`${ALNUM}_-`, 35)],
  ["a Google client secret", join("GOC", "SPX-"), random(ALNUM, 28)],
  ["an API key (sk-or-…)", join("sk-", "or-v1-"), random(HEX, 64)],
  ["a Twilio API key", "SK", random(HEX, 32)],
  ["a Mailgun key", "key-", random(HEX, 32)],
  ["a WooCommerce secret", "cs_", random(HEX, 40)],
  ["a Hugging Face token", "hf_", random(`${UPPER}${UPPER.toLowerCase()}`, 34)],
  ["a Brevo key", "xkeysib-", join(random(HEX, 64), "-", random(ALNUM, 16))],
  ["a HubSpot token", "pat-", join("na1-", random(HEX, 8), "-5c1e-4a7b-9d02-", random(HEX, 12))],
  ["a Docker token", join("dckr_", "pat_"), random(ALNUM, 27)],
  ["an age key", join("AGE-SECRET", "-KEY-1"), random(`${UPPER}0123456789`, 58)],
];

/** The same, of at least this length. */
const AT_LEAST: readonly (readonly [string, string, string])[] = [
  ...["p", "o", "u", "s", "r"].map((which) => ["a GitHub token", `gh${which}_`, random(ALNUM, 36, which)] as const),
  ["a GitHub token", join("github", "_pat_"), join(random(ALNUM, 22), "_", random(ALNUM, 59))],
  ["a GitLab token", join("gl", "pat-"), random(ALNUM, 20)],
  ["a Slack token", join("xo", "xb-"), join("529184736-", random(ALNUM, 14))],
  ["a Slack token", join("xap", "p-"), join("1-A04KD83HFJ2-", "5291847360174-", random(HEX, 32))],
  ["an Anthropic API key", join("sk-", "ant-"), join("api03-", random(ALNUM, 80))],
  ["an OpenAI API key", join("sk-", "proj-"), random(ALNUM, 40)],
  ["an OpenAI API key", join("sk-", "svcacct-"), random(ALNUM, 40)],
  ["an OpenAI API key", join("sk-", "admin-"), random(ALNUM, 40)],
  ["an API key (sk-…)", "sk-", random(ALNUM, 32)],
  ["a Stripe key", join("sk_", "live_"), random(ALNUM, 20)],
  ["a Stripe key", join("rk_", "live_"), random(ALNUM, 20, "c")],
  ["an npm token", "npm_", random(ALNUM, 36)],
  ["a PyPI token", "pypi-", join("Ag", random(ALNUM, 70))],
  ["a DigitalOcean token", join("dop", "_v1_"), random(HEX, 64)],
  ["a Shopify token", join("shp", "at_"), random(HEX, 32)],
  ["a Shopify token", join("shp", "ss_"), random(HEX, 32, "d")],
  ["a Meta access token", "EAA", random(ALNUM, 100)],
];

/** Text before, and the secret; told by what is before. */
const LABELLED: readonly (readonly [string, string, string])[] = [
  ["an Azure storage key", join("Account", "Key="), join(random(ALNUM, 86), "==")],
  ["an AWS secret access key", join("aws_secret", "_access_key = "), random(`${ALNUM}/+`, 40)],
  ["an AWS secret access key", join("AWS_SECRET", "_ACCESS_KEY="), random(`${ALNUM}/+`, 40)],
  ["an AWS secret access key", join('"Secret', 'AccessKey": "'), random(`${ALNUM}/+`, 40)],
  ["a Slack webhook", join("https://hooks.slack", ".com/services/"), join("T04KD83HF/B05LE94JG/", random(ALNUM, 24))],
  ["a SendGrid key", "SG.", join(random(ALNUM, 22), ".", random(ALNUM, 43))],
  ["a Google refresh token", '"refresh_token": "1//0', random(ALNUM, 60)],
  ["a Google Ads developer token", "developer_token: ", join(random(ALNUM, 19), "aB7")],
  ["a Twilio auth token", join("TWILIO_AUTH", "_TOKEN="), random(HEX, 32)],
  ["a token of a package registry", join("//registry.example/:_auth", "Token="), random(ALNUM, 36)],
  ["a Telegram bot token", "bot 5839201746:", join("AA", random(ALNUM, 33))],
  ["a Twilio auth token", join("Client('A", "C", random(HEX, 32), "', '"), random(HEX, 32, "e")],
];

const PUT: readonly (readonly [string, (secret: string) => string])[] = [
  ["alone", (secret) => secret],
  ["in a sentence", (secret) => `the key is ${secret} and it works\n`],
  ["in JSON", (secret) => `{"a":"${secret}"}`],
  ["behind an escaped line end", (secret) => `"first\\n${secret}\\n"`],
  ["behind an escaped =", (secret) => `"token\\u003d${secret}"`],
  ["in a URL", (secret) => `https://example.com/?a=${secret}&b=1`],
  ["in a URL, escaped", (secret) => `https://example.com/?a%3D${secret}%26`],
  ["in Markdown", (secret) => `**Key**: \`${secret}\`, __${secret.length}__`],
  ["in a CSV", (secret) => `a,${secret},b\r\n`],
];

test("secrets with a beginning of their own are found wherever they stand", () => {
  for (const [kind, start, rest] of [...EXACT, ...AT_LEAST]) {
    for (const [, put] of PUT) {
      const content = put(`${start}${rest}`);
      expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [kind] });
    }
  }
});

test("a character less is none, a character more is none where the length is exact, and neither is part of a word", () => {
  const none: string[] = [];
  for (const [, start, rest] of EXACT) none.push(`${start}${rest}9`, `${start}${rest.slice(0, -1)}`);
  for (const [, start, rest] of AT_LEAST) none.push(`${start}${rest.slice(0, -1)}`);
  for (const [, start, rest] of [...EXACT, ...AT_LEAST]) none.push(`Q${start}${rest}`, `ta${start}${rest}`);
  for (const content of none) expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [] });
});

test("secrets that are told by what is before them are found, and not without it", () => {
  for (const [kind, before, secret] of LABELLED) {
    expect({ before, kinds: kindsIn(`${before}${secret}" `) }).toEqual({ before, kinds: [kind] });
    expect({ before, kinds: kindsIn(`${before}${secret.slice(0, -25)} `) }).toEqual({ before, kinds: [] });
    expect({ before, kinds: kindsIn(`value ${secret}" `) }).toEqual({ before, kinds: [] });
  }
});

test("stand-ins are no secrets", () => {
  const fill = (start: string, rest: string): string[] => [
    `${start}${"x".repeat(rest.length)}`,
    `${start}${"0".repeat(rest.length)}`,
    `${start}${"ABC123".repeat(40).slice(0, rest.length)}`,
    `${start}YOUR${rest.slice(4)}`,
    `${start}${rest.slice(0, -7)}EXAMPLE`,
    `${start}${"0123456789abcdef".repeat(8).slice(0, rest.length)}`,
    `${start}...`,
  ];
  for (const [, start, rest] of [...EXACT, ...AT_LEAST, ...LABELLED])
    for (const content of fill(start, rest))
      expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [] });
});

test("the keys that manuals print are no secrets", () => {
  const printed = [
    join("AKIA", "IOSFODNN7", "EXAMPLE"),
    join("AKIA", "I44QH8DHB", "EXAMPLE"),
    join("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "/bPxRfiCY", "EXAMPLEKEY"),
    join("Account", "Key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq", "/K1SZFPTOtr/KBHBeksoGMGw=="),
    join("_auth", "Token=${NPM", "_TOKEN}"),
    'developer_token = os.environ["GOOGLE_DEVELOPER_TOKEN"]',
    "developer_token: INSERT_DEVELOPER_TOKEN_HERE",
    "developer_token = GOOGLE_DEVELOPER_TOKEN",
  ];
  for (const content of printed) expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [] });
});

test("what notes, mails and state files are full of is no secret", () => {
  const harmless = [
    "task-list-for-the-quarterly-review-of-smythson, risk-assessment-and-mitigation-plan-2025",
    "8f14e45f-ceea-467f-a9b2-1c9d8e7f6a5b",
    "commit 0c7f1a52d4e8b96f3a1c5d7e9b2f4a6c8d0e1f23",
    `sha256:${random(HEX, 64)}`,
    `data:image/png;base64,${random(`${ALNUM}+/`, 4000)}`,
    join("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NTY3ODkwIn0.", random(ALNUM, 43)),
    "https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
    "-".repeat(400),
    `customers/1234567890/campaigns/${random("0123456789", 20)}`,
    "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
  ];
  for (const content of harmless) expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [] });
});

const BODY = random(`${ALNUM}+/`, 64 * 8);
const lines = (body: string, end = "\n"): string => (body.match(/.{1,64}/g) ?? []).map((line) => line + end).join("");
const pem = (name: string, body: string, end = "\n"): string =>
  join("-----BEGIN ", name, "-----", end, body, "-----END ", name, "-----", end);

test("private keys are found in every form they come in", () => {
  const names = ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "].map((word) => join(word, "PRIVATE", " KEY"));
  const texts = names.map((name) => pem(name, lines(BODY)));
  texts.push(
    pem(join("PGP PRIVATE", " KEY BLOCK"), `Version: GnuPG v2\n\n${lines(BODY)}=aB3d\n`),
    pem(join("RSA PRIVATE", " KEY"), `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F1E\n\n${lines(BODY)}`),
    pem(join("PRIVATE", " KEY"), lines(BODY, "\r\n"), "\r\n"),
    pem(join("PRIVATE", " KEY"), lines(random(ALNUM, 64))),
    JSON.stringify({ type: "service_account", private_key: pem(join("PRIVATE", " KEY"), lines(BODY)) }),
    pem(join("PRIVATE", " KEY"), lines(BODY)).replaceAll(/^/gm, "> "),
    join("PuTTY-User-Key-File-3: ssh-rsa\nPrivate", "-Lines: 8\n", lines(BODY), "Private-MAC: 0f1e\n"),
  );
  for (const content of texts)
    expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: ["a private key"] });
});

test("public keys, certificates, and talk about private keys are none", () => {
  const begin = join("-----BEGIN PRIVATE", " KEY-----");
  const texts = [
    pem("PUBLIC KEY", lines(BODY)),
    pem("RSA PUBLIC KEY", lines(BODY)),
    pem("CERTIFICATE", lines(BODY)),
    pem("PGP PUBLIC KEY BLOCK", lines(BODY)),
    `the file begins with ${begin} and must be kept away from everybody who has no business with it, always\n`,
    `${begin}\n...\n-----END PRIVATE KEY-----`,
    `${begin}\nMIIEvQIBADANBg...\n`,
    `${begin}\n${"x".repeat(64)}\n${"x".repeat(64)}\n`,
    `ssh-ed25519 ${random(ALNUM, 68)} somebody@example.com`,
  ];
  for (const content of texts) expect({ content, kinds: kindsIn(content) }).toEqual({ content, kinds: [] });
});

test("a secret has the same mark in every file and form, another secret has another, and no mark holds the value", () => {
  const token = join("gh", "p_", random(ALNUM, 36));
  const key = pem(join("PRIVATE", " KEY"), lines(BODY));
  const [plain] = secretsIn(`a\n\n${token}\n`);
  const [inJson] = secretsIn(JSON.stringify({ token }));
  expect(plain).toEqual({ kind: "a GitHub token", line: 3, mark: inJson?.mark ?? "" });
  expect(plain?.mark).toMatch(/^[0-9a-f]{16}$/);
  expect(secretsIn(JSON.stringify({ key }))[0]?.mark).toBe(secretsIn(key)[0]?.mark ?? "");
  expect(secretsIn(join("gh", "p_", random(ALNUM, 36, "z")))[0]?.mark).not.toBe(plain?.mark ?? "");
  expect(JSON.stringify(secretsIn(`${token}${key}`))).not.toContain(token.slice(4, 12));
});

test("each secret is told once, by the line it is first on", () => {
  const [first, second] = [join("gh", "p_", random(ALNUM, 36)), join("AIza", random(ALNUM, 35))];
  const found = secretsIn(`${second}\n${first}\n\n${first}\n${second}\n`);
  expect(found.map(({ kind, line }) => [kind, line])).toEqual([
    ["a Google API key", 1],
    ["a GitHub token", 2],
  ]);
});

test("secrets in UTF-16 are found", () => {
  const token = join("gh", "p_", random(ALNUM, 36));
  const little = Buffer.from(`\ufeffnotes\n${token}\n`, "utf16le");
  const big = Buffer.from(little).swap16();
  for (const content of [little, big]) expect(secretsIn(content)).toMatchObject([{ kind: "a GitHub token", line: 2 }]);
});

test("whatever stands around a secret, it is found; and without one, nothing is", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 30 }).map((list) => list.join(" "));
  const [, start = "", rest = ""] = AT_LEAST[0] ?? [];
  fc.assert(
    fc.property(words, words, fc.constantFrom("\n", " ", '"', "=", ":", "/", "\t", "("), (before, after, around) => {
      expect(kindsIn(`${before}${around}${start}${rest}${around}${after}`)).toEqual(["a GitHub token"]);
      expect(kindsIn(`${before}${around}${start}${around}${after}`)).toEqual([]);
    }),
  );
});

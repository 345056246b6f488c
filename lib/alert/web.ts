// One request to an address that a person named: a deadline that covers the whole answer, own retries, no redirects,
// and of the answer only as much as a log can use.
import { setTimeout as wait } from "node:timers/promises";
import { systemCode } from "../failure.ts";
import { shownAddress } from "../machine/settings-alerts.ts";

export interface WebCall {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest time one try may take, milliseconds. Default ten seconds. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
const TRIES = 2;
const PAUSE_MS = 500;
const MOST_ANSWER_BYTES = 300;

interface Outcome {
  /** Null when the server took it. */
  readonly fault: string | null;
  readonly passing: boolean;
}

/** Posts a text. Returns null when the server took it, else in one sentence why not; never throws for that. */
export async function post(call: WebCall): Promise<string | null> {
  for (let tried = 1; ; tried++) {
    const { fault, passing } = await postOnce(call);
    if (fault === null || !passing || tried >= TRIES || call.signal.aborted) return fault;
    await wait(PAUSE_MS, undefined, { signal: call.signal }).catch(() => undefined);
  }
}

async function postOnce({ url, body, headers, signal, deadlineMs = DEADLINE_MS }: WebCall): Promise<Outcome> {
  // not ofetch's own timeout, which ends with the headers and leaves a stalled body waiting (measured, 1.5.1)
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const { ofetch } = await import("ofetch"); // loaded only where there is something to send
    const answer = await ofetch.raw(url, {
      method: "POST",
      body,
      headers: { ...headers },
      redirect: "manual",
      retry: false,
      ignoreResponseError: true,
      responseType: "stream",
      signal: AbortSignal.any([signal, deadline]),
    });
    return await outcomeOf(url, answer, deadline);
  } catch (error) {
    const fault = deadline.aborted ? noAnswer(url, deadlineMs) : `${shownAddress(url)}: ${reasonOf(error)}`;
    return { fault, passing: !deadline.aborted };
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly _data?: ReadableStream<Uint8Array> | undefined;
}

async function outcomeOf(url: string, answer: Answer, deadline: AbortSignal): Promise<Outcome> {
  const { status } = answer;
  const said = await beginningOf(answer._data, deadline);
  if (status >= 200 && status < 300) return { fault: null, passing: false };
  const where = shownAddress(url);
  if (status >= 300 && status < 400)
    return { fault: `${where} answers with a redirect (${status}), which is not followed`, passing: false };
  // worth another try: too many requests, and what the server calls its own trouble
  return {
    fault: `${where} answers ${status}${said === "" ? "" : `: ${said}`}`,
    passing: status === 429 || status >= 500,
  };
}

function noAnswer(url: string, deadlineMs: number): string {
  return `${shownAddress(url)} does not answer within ${deadlineMs / 1000} s`;
}

/** The first words of an answer; the rest, however long, is not read. */
async function beginningOf(stream: ReadableStream<Uint8Array> | undefined, deadline: AbortSignal): Promise<string> {
  if (stream === undefined) return "";
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < MOST_ANSWER_BYTES && !deadline.aborted) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      bytes += value.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return Buffer.concat(pieces).subarray(0, MOST_ANSWER_BYTES).toString("utf8").replace(/\s+/g, " ").trim();
}

/** What went wrong with a connection, in the system's own short words where it has some. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = systemCode(inner) ?? systemCode(error);
  const text = inner instanceof Error ? inner.message : String(inner);
  const line = (text.split("\n")[0] ?? "").slice(0, 200);
  return code === null || line.includes(code) ? line : `${line} (${code})`;
}

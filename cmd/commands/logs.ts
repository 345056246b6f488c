// `logs`: the newest lines of one of the three logs, by time or by run, and as they are added.

import { type LogFile, openLog } from "../../lib/machine/log.ts";
import { followLog, LogFollower } from "../../lib/machine/log-follow.ts";
import { isAskedFor, type LogEntry, type LogFilter, parseLogLine, parseSince } from "../../lib/machine/log-line.ts";
import { newestLines } from "../../lib/machine/log-tail.ts";
import { printable } from "../../lib/printable.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { numberGiven } from "../number-given.ts";
import { usage } from "../usage.ts";

const FILES: readonly LogFile[] = ["sync", "error", "rollback"];
const DEFAULT_LIMIT = 50;

/** @throws Failure `usage` for a time of another form */
function filterOf({ invocation, surroundings }: Call): LogFilter {
  const { since, run } = invocation;
  const time = since === null ? null : parseSince(since, surroundings.now());
  if (since !== null && time === null) {
    const cause = `--since needs a time such as 2h, 3d, 2026-01-04 or 2026-01-04T10:25, not "${since}"`;
    throw usage(cause, [`${PROGRAM} logs --since 2h`]);
  }
  return { since: time, run };
}

export async function logsCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings } = call;
  const file = FILES.find((name) => name === invocation.words[0]) ?? "sync";
  const filter = filterOf(call);
  const isNarrow = filter.since !== null || filter.run !== null;
  const most = numberGiven("logs", invocation.limit, isNarrow ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT);
  const path = openLog({ home: surroundings.home, now: surroundings.now }).pathOf(file);
  const known = newestLines(path, Number.POSITIVE_INFINITY);
  const entries = known.map(parseLogLine).filter((entry) => isAskedFor(entry, filter));
  const shown = entries.slice(Math.max(0, entries.length - most));
  if (invocation.follow) {
    await follow(call, shown, filter, new LogFollower(path, known.at(-1) ?? null));
    return answerOf(file, path, [], []);
  }
  return answerOf(
    file,
    path,
    shown,
    shown.length > 0 ? shown.map(({ text }) => text) : [`there is nothing ${isNarrow ? "of that " : ""}in ${path}`],
  );
}

/** One line at a time: as it stands, or with `--json` as an object of its own. */
async function follow(
  { invocation, surroundings }: Call,
  before: readonly LogEntry[],
  filter: LogFilter,
  follower: LogFollower,
): Promise<void> {
  const tell = (entry: LogEntry): void =>
    surroundings.out.write(`${invocation.json ? JSON.stringify(entry) : printable(entry.text)}\n`);
  for (const entry of before) tell(entry);
  const onLine = (line: string): void => {
    const entry = parseLogLine(line);
    if (isAskedFor(entry, filter)) tell(entry);
  };
  await followLog(follower, onLine, surroundings.signal);
}

function answerOf(file: LogFile, path: string, lines: readonly LogEntry[], words: readonly string[]): Answer {
  const object = { schema: 1, command: "logs", exit: 0, file, path, lines, failure: null } as const;
  return { object, words, keepFirst: false };
}

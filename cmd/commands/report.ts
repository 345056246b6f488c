// `report`: the whole folder on one page for a browser, kept beside the repository and never sent anywhere.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { redact } from "../../lib/machine/redact.ts";
import { secretsOf } from "../../lib/machine/settings-alerts.ts";
import { pasted } from "../../lib/paste.ts";
import { overview } from "../../lib/sync/overview.ts";
import type { Answer, Call } from "../answer.ts";
import { reportedFailure } from "../failed.ts";
import { PROGRAM } from "../help-form.ts";
import { openerOf, openPage } from "../page-opener.ts";
import { formatReport } from "../report-page.ts";
import { tallyOf } from "../report-runs.ts";
import { count } from "../words.ts";

/** Days that the page looks back. */
const DAYS = 30;

export async function reportCommand({ invocation, surroundings, openContext }: Call): Promise<Answer> {
  const context = await openContext();
  const { stateDir } = locateRepository(context.folder);
  const found = await overview(context, DAYS);
  const secrets = secretsOf(context.settings.alerts, context.environment);
  const page = join(stateDir, "report.html");
  writePage(
    page,
    formatReport(found, (text) => redact(text, secrets)),
  );
  const open = pasted(page);
  const opener = openerOf(surroundings.platform, page);
  const fault = invocation.open ? await openPage(opener, surroundings) : null;
  const failure = fault === null ? null : notOpened(fault, `${opener[0]} ${open}`);
  const runs = tallyOf(found.runs);
  const { verdict, reasons, machines } = found.status;
  const object = {
    schema: 1,
    command: "report",
    exit: failure?.exit ?? 0,
    page,
    opened: invocation.open && fault === null,
    ...{ verdict, reasons, machines, runs, published: found.published.length },
    since: found.since.toISOString(),
    missing: [...found.missing],
    failure: failure === null ? null : reportedFailure(failure, context.log),
  } as const;
  const words = [`the report of ${count(runs.total, "run")} since ${object.since.slice(0, 10)}: ${page}`];
  if (!invocation.open) words.push(`to see it: ${PROGRAM} report --open`);
  return { object, words, keepFirst: true };
}

/** Whole, private, and in the place of whatever lies there; two reports at once do not meet. */
function writePage(page: string, html: string): void {
  mkdirSync(dirname(page), { recursive: true, mode: 0o700 });
  const fresh = `${page}.${crypto.randomUUID()}`;
  try {
    writeFileSync(fresh, html, { mode: 0o600, flag: "wx" });
    renameSync(fresh, page);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

function notOpened(fault: string, command: string): Failure {
  return new Failure("permission-denied", {
    title: "the page could not be shown",
    cause: `it was made; ${fault}`,
    remedy: [`${command}   # or give its path to a browser`],
  });
}

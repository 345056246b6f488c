// Lints the workflows: GitHub's own parser reads them (keys, needs, expressions), shellcheck their scripts, and the house
// adds what makes them safe to run on somebody's pull request.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  convertWorkflowTemplate,
  isMapping,
  NoOperationTraceWriter,
  parseWorkflow,
  type WorkflowTemplate,
} from "@actions/workflow-parser";
import { onPath, ROOT } from "./bun-packages.mjs";

/** Actions that may be used, each GitHub's own and at one version; anything else runs other people's code with our token. */
const ACTIONS: readonly string[] = [
  "actions/checkout@v4",
  "actions/setup-node@v4",
  "actions/upload-artifact@v4",
  "actions/download-artifact@v4",
];

export const WORKFLOWS = join(ROOT, ".github", "workflows");

/** Every fault of every workflow, one line each; null when there is none. */
export async function lintWorkflows(): Promise<string | null> {
  const names = readdirSync(WORKFLOWS).filter((name) => /\.ya?ml$/.test(name));
  if (names.length === 0) return `there is no workflow in ${WORKFLOWS}`;
  const faults = await Promise.all(
    names.map((name) => faultsOfWorkflow(name, readFileSync(join(WORKFLOWS, name), "utf8"))),
  );
  return faults.flat().length === 0 ? null : faults.flat().join("\n");
}

/** What is wrong with one workflow, one line each. */
export async function faultsOfWorkflow(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  // what the parser finds while it converts is added to its list
  const template = value === undefined ? null : await convertWorkflowTemplate(context, value);
  const faults = context.errors
    .getErrors()
    .map((error) => `${name}: ${error.rawMessage} (line ${error.range?.start.line ?? "?"})`);
  if (template === null || faults.length > 0) return faults.length > 0 ? faults : [`${name}: is empty`];
  const hasPermissions =
    value !== undefined && isMapping(value) && [...value].some(({ key }) => String(key) === "permissions");
  if (!hasPermissions) faults.push(`${name}: does not say which permissions it needs`);
  return [...faults, ...faultsOfSteps(name, template)];
}

interface Script {
  readonly job: string;
  readonly text: string;
}

function faultsOfSteps(name: string, template: WorkflowTemplate): string[] {
  const faults: string[] = [];
  const scripts: Script[] = [];
  for (const job of template.jobs) {
    for (const step of job.type === "job" ? job.steps : []) {
      if ("uses" in step && !ACTIONS.includes(step.uses.value))
        faults.push(`${name}: ${step.uses.value} is not an action of the list`);
      if ("run" in step) scripts.push({ job: job.id.value, text: step.run.toString() });
    }
  }
  for (const { job, text } of scripts) {
    // its value would be put into the text before the shell reads it, and could be anything
    if (text.includes("${{")) faults.push(`${name}: a script of ${job} holds an expression; hand it over by env`);
    else faults.push(...faultsOfScript(text).map((fault) => `${name}: a script of ${job}: ${fault}`));
  }
  return faults;
}

function faultsOfScript(text: string): string[] {
  if (onPath("shellcheck") === null) return [];
  const words = ["shellcheck", "--shell=bash", "--format=gcc", "-"];
  const ended = Bun.spawnSync(words, { stdin: Buffer.from(text), stderr: "pipe" });
  return ended.exitCode === 0 ? [] : `${ended.stdout}${ended.stderr}`.trim().split("\n");
}

// A real browser for the pages: headless Chromium with nothing of its own on the network.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
const OPTIONS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
];

function program(): string | null {
  return PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null) ?? null;
}

/** Why no page can be looked at here; null when one can. */
export function missingBrowser(): string | null {
  return program() === null ? "chromium is not installed" : null;
}

/** Runs the browser on a page and returns what it prints and what it complains of. */
async function browse(path: string, options: readonly string[]): Promise<{ out: string; err: string }> {
  const profile = mkdtempSync(join(tmpdir(), "sync-browser-"));
  try {
    const argv = [program() ?? "", ...OPTIONS, `--user-data-dir=${profile}`, ...options, `file://${encodeURI(path)}`];
    const environment = { PATH: process.env["PATH"] ?? "", HOME: profile, TMPDIR: tmpdir(), LC_ALL: "C.UTF-8" };
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe", env: environment });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { out, err };
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The page's document as the browser has it once it was loaded, and what the page said on its console. */
export async function openPage(path: string): Promise<{ dom: string; console: string[] }> {
  const { out, err } = await browse(path, ["--enable-logging=stderr", "--v=0", "--dump-dom"]);
  return { dom: out, console: err.split("\n").filter((line) => line.includes(":CONSOLE")) };
}

/** A picture of the page, as PNG at `picture`. */
export async function picturePage(path: string, picture: string, size = "900,1400"): Promise<void> {
  await browse(path, [`--screenshot=${picture}`, `--window-size=${size}`]);
}

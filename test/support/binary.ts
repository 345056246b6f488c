// Which command the stories run: the compiled test build (the product with its fault points), rebuilt when a source
// changed. `PETESBRAIN_TEST_FROM_SOURCE=1` runs the sources instead, which is handy while writing them.
import { join } from "node:path";
import { ensureTestBuild } from "../../.ci/test-build.ts";

const MAIN = join(import.meta.dir, "..", "..", "cmd", "main.ts");

let command: Promise<readonly string[]> | undefined;

/** The words that start the product; made ready at most once per process. */
export function productCommand(): Promise<readonly string[]> {
  command ??=
    process.env["PETESBRAIN_TEST_FROM_SOURCE"] === "1"
      ? Promise.resolve(fromSource())
      : ensureTestBuild().then((path) => [path]);
  return command;
}

function fromSource(): readonly string[] {
  return [
    process.execPath,
    "--define=PETESBRAIN_FAULTS:true",
    '--define=PETESBRAIN_VERSION:"0.0.0-source"',
    '--define=PETESBRAIN_COMMIT:"unknown"',
    MAIN,
  ];
}

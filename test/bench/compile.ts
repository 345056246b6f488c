// Compiles a program as the product is compiled, so that starting it costs what starting the product costs.
import { join } from "node:path";
import { JIT_POLICY } from "../../.ci/build.ts";
import { timeOf, type Variables } from "./measure.ts";

/** Compiles `source` into `scratch` under its base name, with what it runs in threads of their own, and returns the path. */
export function compileProgram(
  source: string,
  place: { name: string; scratch: string; environment: Variables; threads?: readonly string[] },
): string {
  const outfile = join(place.scratch, place.name);
  const flags = [
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    JIT_POLICY,
    "--define",
    "PETESBRAIN_FAULTS=false",
  ];
  timeOf({
    argv: [process.execPath, "build", ...flags, source, ...(place.threads ?? []), "--outfile", outfile],
    cwd: place.scratch,
    environment: place.environment,
  });
  return outfile;
}

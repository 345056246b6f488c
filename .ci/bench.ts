// `npm run bench`: builds the executable for this machine and measures it against plain git. Arguments go to the benchmark.
import { join } from "node:path";
import { build, executableOf } from "./build.ts";
import { hostTarget, ROOT } from "./bun-packages.mjs";

const target = hostTarget();
await build({ target, faults: false, outfile: executableOf(target), template: process.execPath });
const words = [process.execPath, join(ROOT, "test", "bench", "bench.ts"), ...process.argv.slice(2)];
const bench = Bun.spawn(words, { cwd: ROOT, stdio: ["inherit", "inherit", "inherit"] });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => bench.kill(signal));
process.exitCode = await bench.exited;

// `npm run demo`: builds the executable for this machine and lets it show itself.
import { build, executableOf } from "./build.ts";
import { hostTarget } from "./bun-packages.mjs";

const target = hostTarget();
const outfile = executableOf(target);
console.error(`building dist/${target}/petesbrain-sync`);
await build({ target, faults: false, outfile, template: process.execPath });
const demo = Bun.spawn([outfile, "demo", ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit"] });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => demo.kill(signal));
process.exitCode = await demo.exited;

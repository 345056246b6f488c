// The product's own merge by id as a program, compiled as the product is: `FOLDER` with the files base, ours and theirs.
// Prints the milliseconds that one merge took, the first of the process, with nothing warmed up.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uniteById } from "../../lib/merge/by-id.ts";

export interface MergeTime {
  readonly ms: number;
}

const [folder = ""] = process.argv.slice(2);
const [base, ours, theirs] = ["base", "ours", "theirs"].map((name) => readFileSync(join(folder, name)));
if (base === undefined || ours === undefined || theirs === undefined) throw new Error("three versions are needed");
const began = performance.now();
const united = uniteById({ base, ours, theirs });
const time: MergeTime = { ms: performance.now() - began };
if ("refused" in united) throw new Error(united.refused);
writeFileSync(join(folder, "united"), united.content);
console.log(JSON.stringify(time));

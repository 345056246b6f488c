// What a halt over this folder's own changes tells to look at and to take back, pasted as it stands.
import { expect, test } from "bun:test";
import { twoMachines } from "./support/world.ts";

function pasted(words: string, folder: string): number {
  return Bun.spawnSync(["sh", "-c", words], { cwd: folder, stdout: "ignore", stderr: "ignore" }).exitCode;
}

test("a folder that went with a critical file comes back whole", async () => {
  const start = {
    "clients/acme/CONTEXT.md": "1\n",
    "clients/acme/emails/1.md": "1\n",
    "clients/beta/CONTEXT.md": "1\n",
  };
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`notes/${n}.md`, `${n}\n`]));
  await using world = await twoMachines({ ...start, ...many });
  const { desktop } = world;
  const whole = desktop.tree();
  desktop.remove("clients/acme");
  const push = await desktop.push();
  expect(push).toFailWith("halted");
  const [look = ""] = push.report?.failure?.remedy ?? [];
  expect(look).toStartWith("git diff --stat HEAD -- 'clients/acme'");
  expect(pasted(look.split("to take it back: ")[1] ?? "false", desktop.folder)).toBe(0);
  expect(desktop.tree()).toEqual(whole);
});

test("a file that is new is looked at, for git has nothing to compare or to bring back", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  desktop.write("new one.md", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n");
  const push = await desktop.push();
  expect(push).toFailWith("halted");
  const [look = ""] = push.report?.failure?.remedy ?? [];
  expect(look).toStartWith("ls -la -- 'new one.md'   # new here");
  expect(pasted(look, desktop.folder)).toBe(0);
});

test("a file that is there is compared, and brought back by itself", async () => {
  await using world = await twoMachines({ "a.md": "1\n" });
  const { desktop } = world;
  desktop.write("a.md", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n");
  const [look = ""] = (await desktop.push()).report?.failure?.remedy ?? [];
  expect(pasted(look.split("to take it back: ")[1] ?? "false", desktop.folder)).toBe(0);
  expect(desktop.read("a.md")).toBe("1\n");
});

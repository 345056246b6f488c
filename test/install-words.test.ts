// `install.sh`: its options, the machines it knows, what it builds from a checkout, what it asks, and how it goes away.
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hostTarget } from "../.ci/bun-packages.mjs";
import { productCommand } from "./support/binary.ts";
import {
  cannotInstall,
  type Desk,
  INSTALLER,
  installerDesk,
  pretendProduct,
  publish,
  type ReleaseServer,
  startReleaseServer,
} from "./support/installer.ts";
import { testUnless } from "./support/skip.ts";

const target = hostTarget();
const testHere = testUnless(cannotInstall());
let release: ReleaseServer;

beforeAll(() => {
  release = startReleaseServer();
  publish(join(release.folder, "latest", "download"), () => pretendProduct("2.0.0"));
  publish(join(release.folder, "download", "v1.9.0"), () => pretendProduct("1.9.0"));
  publish(join(release.folder, "flat"), () => pretendProduct("2.0.0"));
  publish(join(release.folder, "flat", "v1.9.0"), () => pretendProduct("1.9.0"));
  publish(join(release.folder, "flat", "v1.8.0"), () => pretendProduct("1.7.0"));
  publish(join(release.folder, "targets"), (name) => `#!/bin/sh\necho "petesbrain-sync 2.0.0 (${name})"\n`);
});
afterAll(() => release[Symbol.asyncDispose]());

const installed = (at: Desk): string | null => {
  const place = join(at.bin, "petesbrain-sync");
  return existsSync(place) ? readFileSync(place, "utf8") : null;
};

describe("a version that is asked for", () => {
  for (const base of ["latest/download", "flat"]) {
    testHere(`is found at ${base}, also with a v, and the address is remembered without it`, async () => {
      using at = installerDesk();
      const said = await at.install([`--base-url=${release.url}/${base}/`, "--version", "v1.9.0"]);
      expect([said.exit, said.err, installed(at)]).toEqual([0, "", pretendProduct("1.9.0")]);
      const remembered = readFileSync(join(at.home, ".config/petesbrain-sync/release-url"), "utf8");
      expect(remembered).toBe(`${release.url}/${base}\n`);
    });
  }

  testHere("must be the one that is found", async () => {
    using at = installerDesk();
    const said = await at.install(["--base-url", `${release.url}/flat`, "--version", "1.8.0"]);
    expect(said.err).toBe(
      "install: the release of version 1.8.0 holds petesbrain-sync 1.7.0 (pretended); nothing was installed\n",
    );
    expect([said.exit, at.files()]).toEqual([1, []]);
  });
});

testHere("everything can be said by the environment, and the command line wins", async () => {
  using at = installerDesk();
  const elsewhere = join(at.home, "a place");
  const environment = {
    PETESBRAIN_SYNC_BASE_URL: `${release.url}/flat`,
    PETESBRAIN_SYNC_VERSION: "1.9.0",
    PETESBRAIN_SYNC_BIN: "nowhere",
  };
  const said = await at.install(["--dir", elsewhere], { environment });
  expect([said.exit, said.err, at.files(elsewhere), at.files()]).toEqual([0, "", ["petesbrain-sync"], []]);
});

describe("words that are refused", () => {
  const wrong: readonly (readonly [words: string, says: string])[] = [
    ["--frobnicate", "there is no option --frobnicate: ./install.sh --help"],
    ["--version", "--version needs a value: ./install.sh --help"],
    ["--dir=", "--dir needs a value: ./install.sh --help"],
    ["--version 1/../2", "this is no version: 1/../2"],
    ["--stall soon", "--stall takes whole seconds, not soon"],
    [
      "--base-url http://example.com/r",
      "http is for this machine only, anybody on the way could change the file: use https for http://example.com/r",
    ],
    ["--base-url http://127.0.0.1@example.com/r", "this is no address of a release: http://127.0.0.1@example.com/r"],
    [
      "--base-url http://127.0.0.1.example.com/r",
      "http is for this machine only, anybody on the way could change the file: use https for http://127.0.0.1.example.com/r",
    ],
    [
      "--base-url http://localhost.example.com/r",
      "http is for this machine only, anybody on the way could change the file: use https for http://localhost.example.com/r",
    ],
    ["--base-url ftp://example.com/r", "the address of a release begins with https://, not ftp://example.com/r"],
    ["--base-url file:///etc", "the address of a release begins with https://, not file:///etc"],
    ["--base-url -o/x", "the address of a release begins with https://, not -o/x"],
    ["", "the address of a release is missing: --base-url URL, or --file FILE"],
    ["--from-source", "only a checkout can be built: clone the repository and run ./install.sh in it"],
    ["--file /nowhere", "there is no file /nowhere"],
    ["uninstall", "there is no HOME/.local/bin/petesbrain-sync"],
  ];
  for (const [words, says] of wrong) {
    testHere(JSON.stringify(words), async () => {
      using at = installerDesk();
      const said = await at.install(words === "" ? [] : words.split(" "));
      expect(said).toEqual({ exit: 1, out: "", err: `install: ${says.replace("HOME", at.home)}\n` });
      expect(at.files()).toEqual([]);
    });
  }

  testHere("a redirection to a place that is not https or this machine's is not followed by https alone", async () => {
    using at = installerDesk();
    const curl = Bun.which("curl") ?? "";
    at.pretend("curl", `printf '%s\\n' "$@" > ${at.home}/words; exec ${curl} "$@"`);
    await at.install(["--base-url", "https://127.0.0.1:9/none", "--stall", "1"]);
    const words = readFileSync(join(at.home, "words"), "utf8").split("\n");
    expect(words.join(" ")).toStartWith("--proto =https --proto-redir =https --tlsv1.2 --fail");
  });

  testHere("help is shown without installing", async () => {
    using at = installerDesk();
    const said = await at.install(["--help"]);
    expect([said.exit, said.err, at.files()]).toEqual([0, "", []]);
    expect(said.out).toStartWith("Usage: install.sh [options]");
  });
});

describe("the machine", () => {
  const known: readonly (readonly [system: string, machine: string, translated: string, expected: string])[] = [
    ["Darwin", "arm64", "0", "darwin-arm64"],
    ["Darwin", "x86_64", "1", "darwin-arm64"],
    ["Darwin", "x86_64", "0", "darwin-x64"],
    ["Linux", "x86_64", "", "linux-x64"],
    ["Linux", "aarch64", "", "linux-arm64"],
    ["Linux", "arm64", "", "linux-arm64"],
  ];
  for (const [system, machine, translated, expected] of known) {
    testHere(`${system} on ${machine}${translated === "1" ? " under Rosetta" : ""} gets ${expected}`, async () => {
      using at = installerDesk();
      pretendMachine(at, system, machine, translated);
      const said = await at.install(["--base-url", `${release.url}/targets`]);
      expect([said.exit, said.err]).toEqual([0, ""]);
      expect(installed(at)).toContain(`(${expected})`);
      const marked = existsSync(join(at.home, "unmarked"));
      expect(marked).toBe(system === "Darwin");
    });
  }

  const refused: readonly (readonly [system: string, machine: string, words: readonly string[], says: RegExp])[] = [
    ["FreeBSD", "amd64", [], /there is no build for FreeBSD on amd64: it runs on macOS and Linux/],
    ["Linux", "riscv64", [], /there is no build for Linux on riscv64/],
    ["Darwin", "arm64", ["--dir", "Documents/bin"], /macOS keeps scheduled programs out of .*Documents\/bin/],
    ["Darwin", "arm64", ["--dir", "/Volumes/disk"], /macOS keeps scheduled programs out of \/Volumes\/disk/],
  ];
  for (const [system, machine, words, says] of refused) {
    testHere(`${system} on ${machine} ${words.join(" ")} is refused`, async () => {
      using at = installerDesk();
      pretendMachine(at, system, machine, "0");
      const said = await at.install(["--base-url", `${release.url}/targets`, ...words]);
      expect([said.exit, said.out, at.files()]).toEqual([1, "", []]);
      expect(said.err).toMatch(says);
    });
  }

  testHere("an old macOS is refused, and so is root", async () => {
    using at = installerDesk();
    pretendMachine(at, "Darwin", "arm64", "0");
    at.pretend("sw_vers", "echo 12.7.1");
    const old = await at.install(["--base-url", `${release.url}/targets`]);
    expect([old.exit, old.err]).toEqual([1, "install: this is macOS 12.7.1, and the tool needs macOS 13 or newer\n"]);
    at.pretend("id", "echo 0");
    const root = await at.install(["--base-url", `${release.url}/targets`]);
    expect([root.exit, at.files()]).toEqual([1, []]);
    expect(root.err).toStartWith("install: this is root, and the tool belongs to the user");
  });

  testHere("on a Mac, an update says that what the old program was allowed must be given again", async () => {
    using at = installerDesk();
    pretendMachine(at, "Darwin", "arm64", "0");
    await at.install(["--base-url", `${release.url}/targets`]);
    const said = await at.install(["--base-url", `${release.url}/flat`]);
    expect(said.out).toContain(
      "if you gave the old one access to protected folders (System Settings, Privacy & Security)",
    );
  });
});

function pretendMachine(at: Desk, system: string, machine: string, translated: string): void {
  at.pretend("uname", `case "$1" in -s) echo ${system} ;; -m) echo ${machine} ;; esac`);
  at.pretend("sysctl", translated === "" ? "exit 1" : `[ "$*" = "-n sysctl.proc_translated" ] && echo ${translated}`);
  at.pretend("sw_vers", '[ "$*" = "-productVersion" ] && echo 15.1');
  at.pretend("xattr", `[ "$1 $2" = "-d com.apple.quarantine" ] && : > ${at.home}/unmarked; exit 1`);
}

describe("the line for PATH", () => {
  const lines: readonly (readonly [shell: string, line: string])[] = [
    ["/bin/zsh", `echo 'export PATH="BIN:$PATH"' >> ~/.zshrc`],
    ["/usr/bin/bash", `echo 'export PATH="BIN:$PATH"' >> ~/.bashrc`],
    ["/usr/local/bin/fish", "fish_add_path 'BIN'"],
    ["/bin/ksh", `echo 'export PATH="BIN:$PATH"' >> ~/.profile`],
    ["", `echo 'export PATH="BIN:$PATH"' >> ~/.profile`],
  ];
  for (const [shell, line] of lines) {
    testHere(`of ${shell || "no shell"}`, async () => {
      using at = installerDesk();
      const said = await at.install(["--base-url", `${release.url}/flat`], { environment: { SHELL: shell } });
      expect(said.out).toContain(`${at.bin} is not in PATH yet. To add it:  ${line.replace("BIN", at.bin)}\n`);
      expect(at.files(at.home).filter((name) => name.startsWith(".") && name.endsWith("rc"))).toEqual([]);
    });
  }

  testHere("is not there when nothing is to be added", async () => {
    using at = installerDesk();
    const environment = { PATH: `${at.bin}:${process.env["PATH"]}` };
    const said = await at.install(["--base-url", `${release.url}/flat`], { environment });
    expect(said.out).not.toContain("PATH");
  });
});

describe("a file", () => {
  testHere("is installed as it is, or unpacked and compared with the sums beside it", async () => {
    using at = installerDesk();
    const plain = join(at.home, "petesbrain-sync");
    writeFileSync(plain, pretendProduct("3.0.0"));
    expect((await at.install(["--file", plain])).err).toBe("");
    expect(installed(at)).toBe(pretendProduct("3.0.0"));
    const name = `petesbrain-sync-${target}.gz`;
    const beside = join(at.home, "downloads");
    publish(beside, () => pretendProduct("4.0.0"));
    expect((await at.install(["--file", join(beside, name)])).exit).toBe(0);
    expect(installed(at)).toBe(pretendProduct("4.0.0"));
    writeFileSync(join(beside, name), gzipSync(pretendProduct("5.0.0")));
    const wrong = await at.install(["--file", join(beside, name)]);
    expect([wrong.exit, installed(at)]).toEqual([1, pretendProduct("4.0.0")]);
    expect(wrong.err).toContain("is not the file that was published");
    expect(existsSync(join(at.home, ".config"))).toBe(false);
  });
});

describe("a checkout", () => {
  /** A checkout whose build is pretended: it writes what it was called with into the executable. */
  function checkoutOf(at: Desk): string {
    const checkout = join(at.home, "checkout");
    mkdirSync(join(checkout, ".ci"), { recursive: true });
    cpSync(INSTALLER, join(checkout, "install.sh"));
    writeFileSync(join(checkout, ".ci", "build.ts"), "");
    at.give(checkout);
    const place = `dist/${target}`;
    at.pretend(
      "node",
      `mkdir -p ${place}; printf '#!/bin/sh\\necho "petesbrain-sync 2.0.0 (%s)"\\n' "$*" > ${place}/petesbrain-sync`,
    );
    return join(checkout, "install.sh");
  }
  const built = `(.ci/with-bun.mjs .ci/build.ts ${target})`;

  testHere("is built when nothing else is said, or when that is what is said", async () => {
    using at = installerDesk();
    const script = checkoutOf(at);
    for (const words of [[], ["--from-source", "--base-url", release.url]]) {
      const said = await at.run(["sh", script, ...words]);
      expect([said.exit, said.err, installed(at)?.includes(built)]).toEqual([0, "", true]);
    }
    expect(existsSync(join(at.home, ".config"))).toBe(false);
  });

  testHere("is built when no release can be reached, and says so", async () => {
    using at = installerDesk();
    const said = await at.run(["sh", checkoutOf(at), "--base-url", `${release.url}/nowhere`]);
    expect([said.exit, installed(at)?.includes(built)]).toEqual([0, true]);
    expect(said.err).toContain("404");
    expect(said.out).toStartWith("no release can be reached: building this checkout instead\n");
    const other = await at.run(["sh", checkoutOf(at), "--base-url", `${release.url}/nowhere`, "--version", "2.0.0"]);
    expect([other.exit, other.err.includes("version 2.0.0 cannot be reached")]).toEqual([1, true]);
  });

  testHere("is not built where a release can be reached, nor where its file is a wrong one", async () => {
    using at = installerDesk();
    const script = checkoutOf(at);
    await at.run(["sh", script, "--base-url", `${release.url}/flat`]);
    expect(installed(at)).toBe(pretendProduct("2.0.0"));
    const folder = join(release.folder, "tampered");
    publish(folder, () => pretendProduct("2.0.0"));
    writeFileSync(join(folder, `petesbrain-sync-${target}.gz`), gzipSync(pretendProduct("6.6.6")));
    const said = await at.run(["sh", script, "--base-url", `${release.url}/tampered`]);
    expect([said.exit, installed(at)]).toEqual([1, pretendProduct("2.0.0")]);
  });

  testHere(
    "around the current directory is not taken for the script's own when the script comes through a pipe",
    async () => {
      using at = installerDesk();
      checkoutOf(at);
      const script = `cd checkout && cat ${INSTALLER} | sh`;
      const said = await at.run(["sh", "-c", script]);
      expect([said.exit, installed(at)]).toEqual([1, null]);
    },
  );

  testHere("that cannot be built says what it needs", async () => {
    using at = installerDesk();
    const script = checkoutOf(at);
    at.pretend("node", "echo 'no such module' >&2; exit 1");
    const said = await at.run(["sh", script]);
    expect(said).toEqual({
      exit: 1,
      out: "",
      err: "no such module\ninstall: the build failed; nothing was installed\n",
    });
  });
});

describe("on a terminal", () => {
  testHere("the folder is asked for, also when the script comes through a pipe, and set up", async () => {
    using at = installerDesk();
    const asked = await onTerminal(at, ["which folder shall be kept the same?", "~/my brain\n"]);
    expect(asked).toContain("called: init ~/my brain");
    const later = await onTerminal(at, ["which folder shall be kept the same?", "\n"]);
    expect(later).toContain("next:  petesbrain-sync init");
    const silent = await onTerminal(at, null, " --no-questions");
    expect(silent).not.toContain("which folder");
  });
});

/** Runs the installer through a pipe on a terminal, types the answer when the question has appeared, returns the screen. */
async function onTerminal(
  at: Desk,
  answer: readonly [question: string, typed: string] | null,
  more = "",
): Promise<string> {
  let screen = "";
  let waiting = answer;
  const decoder = new TextDecoder();
  const closed = Promise.withResolvers<void>();
  const child = Bun.spawn(
    [...at.through, "sh", "-c", `cat ${INSTALLER} | sh -s -- --base-url ${release.url}/flat${more}`],
    {
      cwd: at.home,
      env: { HOME: at.home, PATH: process.env["PATH"] ?? "", TERM: "xterm" },
      terminal: {
        cols: 200,
        data: (terminal, bytes) => {
          screen += decoder.decode(bytes, { stream: true });
          if (waiting === null || !screen.includes(waiting[0])) return;
          terminal.write(waiting[1]);
          waiting = null;
        },
        exit: () => closed.resolve(),
      },
    },
  );
  await child.exited;
  await closed.promise;
  return screen.replaceAll("\r\n", "\n");
}

describe("uninstall", () => {
  testHere("is left to the executable, which knows best", async () => {
    using at = installerDesk();
    await at.install(["--base-url", `${release.url}/flat`]);
    expect((await at.install(["uninstall"])).out).toBe("called: uninstall\n");
    expect((await at.install(["uninstall", "--purge", "--yes"])).out).toBe("called: uninstall --purge --yes\n");
  });

  testHere("of an executable that does not run clears away its agents and itself, and nothing else", async () => {
    using at = installerDesk();
    await at.install(["--base-url", `${release.url}/flat`]);
    await at.install(["--base-url", `${release.url}/targets`]);
    writeFileSync(join(at.bin, "petesbrain-sync"), "#!/bin/sh\nexit 1\n");
    const agents = join(at.home, "Library", "LaunchAgents");
    mkdirSync(agents, { recursive: true });
    for (const name of ["com.petesbrain.sync-desktop.plist", "com.example.other.plist"])
      writeFileSync(join(agents, name), "x");
    at.give(agents);
    at.pretend("launchctl", `echo "$*" >> ${at.home}/launchctl; exit 3`);
    const refused = await at.install(["uninstall", "--purge"]);
    expect([refused.exit, at.files().length]).toEqual([1, 2]);
    const said = await at.install(["uninstall"]);
    expect([said.exit, said.err, at.files(), at.files(agents)]).toEqual([0, "", [], ["com.example.other.plist"]]);
    expect(readFileSync(join(at.home, "launchctl"), "utf8")).toMatch(
      /^bootout gui\/\d+\/com\.petesbrain\.sync-desktop\n$/,
    );
    expect(existsSync(join(at.home, ".config/petesbrain-sync/release-url"))).toBe(true);
  });
});

/** The commands of a plain system that the installer and the product may need; there is no Node, no Bun, no compiler. */
const PLAIN =
  "basename cat chmod cmp cp curl cut dirname git gzip id ln mkdir mktemp mv rm sed sh sha256sum uname".split(" ");

testHere(
  "with nothing but curl, git and a plain system: install, then init, push and pull on two machines",
  async () => {
    using at = installerDesk();
    const executable = readFileSync((await productCommand())[0] ?? "");
    publish(join(release.folder, "real"), (name) => (name === target ? executable : ""));
    const programs = join(at.home, "plain");
    mkdirSync(programs);
    for (const name of PLAIN) symlinkSync(Bun.which(name) ?? name, join(programs, name));
    const environment = { PATH: programs };
    const said = await at.run(
      ["sh", "-c", `curl -fsSL ${release.url}/real/install.sh | sh -s -- --base-url ${release.url}/real`],
      { environment },
    );
    expect([said.exit, said.err]).toEqual([0, ""]);
    await at.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
    await at.run(["mkdir", "desktop"]);
    await at.run(["sh", "-c", "echo one > desktop/notes.md"]);
    const product = (words: string) => at.run([join(at.bin, "petesbrain-sync"), ...words.split(" ")], { environment });
    for (const words of [
      "init desktop --role desktop --remote remote.git --yes",
      "push --folder desktop",
      "init laptop --role laptop --remote remote.git --yes",
      "pull --folder laptop",
    ]) {
      const { exit, err } = await product(words);
      expect([words, exit, err]).toEqual([words, 0, ""]);
    }
    expect(readFileSync(join(at.home, "laptop", "notes.md"), "utf8")).toBe("one\n");
  },
);

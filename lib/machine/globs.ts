// Globs of the settings, matched against paths of the folder: `*` within a folder, `**` across, `[a]` and `{a,b}`.

/** A question over paths; true when any of the globs matches. */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  const compiled = globs.map((glob) => new Bun.Glob(glob));
  return (path) => compiled.some((glob) => glob.match(path));
}

/** Files in the folder that match, sorted, each once; `.git` is never looked into. */
export function matchingFiles(folder: string, globs: readonly string[]): string[] {
  const found = new Set<string>();
  for (const pattern of globs) {
    const scan = new Bun.Glob(pattern).scanSync({ cwd: folder, dot: true, onlyFiles: true, followSymlinks: false });
    for (const path of scan) if (!path.startsWith(".git/")) found.add(path);
  }
  return [...found].sort();
}

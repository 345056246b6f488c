// Which names may be written into the folder. Pure. Git's own checks leave some of these through plumbing, so every
// path that is about to be written is judged here as well. Source: fsck-msgids in git-fsck(1), path.c of git.

// Characters that HFS+ leaves out when it compares names, so that `.g\u200cit` is `.git` there.
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these is meant by itself
const IGNORED_BY_HFS = /[\u200c\u200d\u200e\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
const LONGEST_PART_BYTES = 255;

/** Says why a path must not be written, or null when it may. */
export function unsafeName(path: string): string | null {
  if (path === "" || path.startsWith("/")) return "is not a path inside the folder";
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") return "leads outside the folder";
    const plain = part
      .replace(IGNORED_BY_HFS, "")
      .normalize("NFC")
      .toLowerCase()
      .replace(/[. ]+$/, "");
    if (plain === ".git" || plain === "git~1") return "is a disguise of .git";
    if (part.includes("\0")) return "holds a NUL character";
    if (Buffer.byteLength(part) > LONGEST_PART_BYTES) return "has a part longer than 255 bytes";
  }
  return null;
}

/** A file of attributes, which say what git makes of others. */
export function isAttributesFile(path: string): boolean {
  return path === ".gitattributes" || path.endsWith("/.gitattributes");
}

#!/bin/sh
# Builds petesbrain-sync from this checkout and installs it as ~/.local/bin/petesbrain-sync, for this user only.
# Needs git, and either Node 18 or newer with npm, or Bun. PETESBRAIN_SYNC_BIN names another directory.
set -eu

fail() {
  printf 'install: %s\n' "$1" >&2
  exit 1
}

say() {
  printf '%s\n' "$1"
}

refuse_root() {
  [ "$(id -u)" -ne 0 ] || fail "this is root, and the tool belongs to the user whose folder it syncs: run it as that user"
}

# Prints the target the build has for this machine.
target_of_machine() {
  system=$(uname -s)
  machine=$(uname -m)
  # Under Rosetta a shell is told x86_64 on a machine that is arm64.
  if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    machine=arm64
  fi
  case "$system/$machine" in
    Darwin/arm64) say darwin-arm64 ;;
    Darwin/x86_64) say darwin-x64 ;;
    Linux/x86_64) say linux-x64 ;;
    Linux/aarch64 | Linux/arm64) say linux-arm64 ;;
    *) fail "there is no build for $system on $machine: it runs on macOS and Linux, on arm64 and x86_64" ;;
  esac
}

refuse_old_macos() {
  [ "$(uname -s)" = Darwin ] || return 0
  version=$(sw_vers -productVersion)
  [ "${version%%.*}" -ge 13 ] || fail "this is macOS $version, and the tool needs macOS 13 or newer"
}

require_tools() {
  command -v git >/dev/null 2>&1 || fail "git is missing: on macOS run xcode-select --install, on Debian or Ubuntu apt install git"
  if command -v node >/dev/null 2>&1; then return; fi
  command -v bun >/dev/null 2>&1 || fail "Node 18 or newer with npm, or Bun, is needed to build: https://nodejs.org"
}

# Builds the executable of one target in the checkout.
build() {
  if command -v node >/dev/null 2>&1; then
    (cd "$1" && node .ci/with-bun.mjs .ci/build.ts "$2")
  else
    (cd "$1" && bun run build "$2")
  fi
}

# The new file is tried where it will live, then takes the place of the old one in one step.
put_in_place() {
  mkdir -p "$2"
  new=$(mktemp "$2/.petesbrain-sync.XXXXXX")
  trap 'rm -f "$new"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  cat "$1" >"$new"
  chmod 755 "$new"
  version=$("$new" --version) || fail "the new executable does not run on this machine; nothing was installed"
  mv -f "$new" "$2/petesbrain-sync"
  say "installed petesbrain-sync $version as $2/petesbrain-sync"
}

say_path() {
  case ":$PATH:" in
    *":$1:"*) return ;;
  esac
  case "${SHELL:-}" in
    */zsh) file=.zshrc ;;
    */bash) file=.bashrc ;;
    */fish)
      say "$1 is not in PATH yet. To add it:  fish_add_path '$1'"
      return
      ;;
    *) file=.profile ;;
  esac
  say "$1 is not in PATH yet. To add it:  echo 'export PATH=\"$1:\$PATH\"' >> ~/$file"
}

main() {
  refuse_root
  [ -n "${HOME:-}" ] || fail "HOME is not set"
  checkout=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
  [ -f "$checkout/.ci/build.ts" ] || fail "run it from a checkout of petesbrain-sync: ./install.sh"
  refuse_old_macos
  target=$(target_of_machine)
  require_tools
  build "$checkout" "$target"
  directory=${PETESBRAIN_SYNC_BIN:-$HOME/.local/bin}
  put_in_place "$checkout/dist/$target/petesbrain-sync" "$directory"
  say_path "$directory"
}

main "$@"

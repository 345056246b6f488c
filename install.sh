#!/bin/sh
# Installs petesbrain-sync for this user: a release that was published (`curl -fsSL URL/install.sh | sh`), a file, or a
# build of this checkout (`./install.sh`). `./install.sh --help` has the options. Everything is a function and the last
# line calls the first of them, so that a copy that was cut off does nothing.
set -eu

# The address of the release this copy was published with; empty in a checkout.
RELEASE_URL=''
PRODUCT=petesbrain-sync

usage() {
  cat <<'TEXT'
Usage: install.sh [options]             installs, or brings up to date
       install.sh uninstall [--purge]   removes; --purge also settings, logs and snapshots

  --base-url URL   the folder of a release, where SHA256SUMS is (https; http from this machine only)
  --version V      that version instead of the newest
  --file FILE      install this executable, plain or .gz, as it was downloaded
  --from-source    build this checkout (needs Node 18 or newer with npm, or Bun)
  --dir DIR        where the executable goes (~/.local/bin)
  --stall SECONDS  give up when nothing has arrived for so long (30)
  --no-questions   ask nothing, also on a terminal
  --yes            with uninstall --purge: do not ask

Also as PETESBRAIN_SYNC_BASE_URL, PETESBRAIN_SYNC_VERSION, PETESBRAIN_SYNC_FILE and PETESBRAIN_SYNC_BIN (the folder).
Without an address: the release this copy came with, else, in a checkout, a build of it.
TEXT
}

fail() {
  printf 'install: %s\n' "$1" >&2
  exit 1
}

say() {
  printf '%s\n' "$1"
}

read_words() {
  base=${PETESBRAIN_SYNC_BASE_URL:-$RELEASE_URL}
  version=${PETESBRAIN_SYNC_VERSION:-}
  file=${PETESBRAIN_SYNC_FILE:-}
  directory=${PETESBRAIN_SYNC_BIN:-$HOME/.local/bin}
  stall=30
  from_source=no
  questions=yes
  purge=
  sure=
  verb=install
  while [ $# -gt 0 ]; do
    case "$1" in
      --*=*)
        pair=$1
        shift
        set -- "${pair%%=*}" "${pair#*=}" "$@"
        ;;
    esac
    case "$1" in
      --base-url | --version | --file | --dir | --stall)
        if [ -z "${2:-}" ]; then fail "$1 needs a value: ./install.sh --help"; fi
        take_option "$1" "$2"
        shift
        ;;
      --from-source) from_source=yes ;;
      --no-questions) questions=no ;;
      --purge) purge=--purge ;;
      --yes) sure=--yes ;;
      --help | -h) verb=usage ;;
      install | uninstall) verb=$1 ;;
      *) fail "there is no option $1: ./install.sh --help" ;;
    esac
    shift
  done
  check_words
}

take_option() {
  case "$1" in
    --base-url) base=$2 ;;
    --version) version=$2 ;;
    --file) file=$2 ;;
    --dir) directory=$2 ;;
    --stall) stall=$2 ;;
  esac
}

check_words() {
  version=${version#v}
  case "$version" in
    *[!0-9A-Za-z.+-]*) fail "this is no version: $version" ;;
  esac
  case "$stall" in
    '' | *[!0-9]* | 0) fail "--stall takes whole seconds, not $stall" ;;
  esac
  case "$directory" in
    /*) ;;
    *) directory=$PWD/$directory ;;
  esac
  directory=${directory%/}
  base=${base%/}
  case "$base" in
    '') ;;
    *[!A-Za-z0-9.:/_~%+-]*) fail "this is no address of a release: $base" ;;
    https://*) protocols='=https' ;;
    http://127.0.0.1 | http://127.0.0.1[:/]* | http://localhost | http://localhost[:/]*) protocols='=http,https' ;;
    http://*) fail "http is for this machine only, anybody on the way could change the file: use https for $base" ;;
    *) fail "the address of a release begins with https://, not $base" ;;
  esac
}

refuse_root() {
  [ "$(id -u)" -ne 0 ] || fail "this is root, and the tool belongs to the user whose folder it syncs: run it as that user"
}

refuse_old_macos() {
  [ "$(uname -s)" = Darwin ] || return 0
  macos=$(sw_vers -productVersion)
  [ "${macos%%.*}" -ge 13 ] || fail "this is macOS $macos, and the tool needs macOS 13 or newer"
}

# A scheduled program may not read these folders, so it cannot be started from them either.
refuse_protected_place() {
  [ "$(uname -s)" = Darwin ] || return 0
  case "$directory/" in
    "$HOME/Documents/"* | "$HOME/Desktop/"* | "$HOME/Downloads/"* | "$HOME/Library/Mobile Documents/"* | /Volumes/*)
      fail "macOS keeps scheduled programs out of $directory: leave out --dir, or name a folder such as ~/.local/bin"
      ;;
  esac
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

# Prints the checkout this script lies in; nothing when it came through a pipe or lies elsewhere.
checkout_of_script() {
  case "$0" in
    install.sh | */install.sh) ;;
    *) return 0 ;;
  esac
  place=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
  [ ! -f "$place/.ci/build.ts" ] || say "$place"
}

# Everything happens beside the place where the executable will be, so that the last step is one rename.
make_scratch() {
  mkdir -p "$directory" || fail "$directory cannot be made: name another folder with --dir"
  [ ! -d "$directory/$PRODUCT" ] || fail "$directory/$PRODUCT is a folder: name another place with --dir"
  scratch=$(mktemp -d "$directory/.$PRODUCT.XXXXXX") || fail "nothing can be written in $directory: name another folder with --dir"
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# Prints the folder of the release that is asked for.
release_folder() {
  case "$version/$base" in
    /*) say "$base" ;;
    */latest/download) say "${base%/latest/download}/download/v$version" ;;
    *) say "$base/v$version" ;;
  esac
}

# Fetches one file of the release into the scratch folder. Returns 1 when it cannot be had, having said why.
fetch() {
  said=$(curl --proto "$protocols" --proto-redir "$protocols" --tlsv1.2 --fail --silent --show-error --location \
    --connect-timeout "$stall" --speed-limit 1 --speed-time "$stall" --max-time 3600 \
    --output "$scratch/$1" "$folder/$1" 2>&1) && return 0
  code=$?
  [ "$code" -ne 23 ] || fail "the disk under $directory is full or not writable; nothing was installed ($said)"
  say "cannot fetch $folder/$1: $said" >&2
  return 1
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 <"$1"
  else
    openssl dgst -sha256 -r <"$1"
  fi | cut -c 1-64
}

# Refuses the file $1 unless the list $2 says of the name $3 what its bytes are.
check_sum() {
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$3\$/\1/p" "$2")
  [ -n "$wanted" ] || fail "the SHA256SUMS of the release say nothing about $3; nothing was installed"
  found=$(sha256_of "$1")
  [ "$found" = "$wanted" ] || fail "$3 is not the file that was published (SHA-256 $found instead of $wanted); nothing was installed"
}

unpack() {
  case "$1" in
    *.gz) gzip -dc <"$1" >"$scratch/$PRODUCT" || fail "$1 cannot be unpacked: it is damaged, or the disk under $directory is full; nothing was installed" ;;
    *) cat "$1" >"$scratch/$PRODUCT" || fail "the disk under $directory is full or not writable; nothing was installed" ;;
  esac
}

# Returns 1 when no release can be reached.
take_release() {
  command -v curl >/dev/null 2>&1 || {
    say "curl is missing, so no release can be fetched" >&2
    return 1
  }
  folder=$(release_folder)
  name=$PRODUCT-$target.gz
  if [ -t 2 ]; then say "fetching $name from $folder" >&2; fi
  fetch SHA256SUMS || return 1
  fetch "$name" || return 1
  check_sum "$scratch/$name" "$scratch/SHA256SUMS" "$name"
  unpack "$scratch/$name"
}

take_file() {
  [ -f "$file" ] || fail "there is no file $file"
  sums=$(dirname -- "$file")/SHA256SUMS
  case "$file" in
    *.gz)
      if [ -f "$sums" ]; then check_sum "$file" "$sums" "$(basename -- "$file")"; else say "not checked: there is no SHA256SUMS beside $file"; fi
      ;;
  esac
  unpack "$file"
}

build_checkout() {
  [ -n "$checkout" ] || fail "only a checkout can be built: clone the repository and run ./install.sh in it"
  if command -v node >/dev/null 2>&1; then
    (cd "$checkout" && node .ci/with-bun.mjs .ci/build.ts "$target") || fail "the build failed; nothing was installed"
  elif command -v bun >/dev/null 2>&1; then
    (cd "$checkout" && bun .ci/with-bun.mjs .ci/build.ts "$target") || fail "the build failed; nothing was installed"
  else
    fail "Node 18 or newer with npm, or Bun, is needed to build: https://nodejs.org"
  fi
  unpack "$checkout/dist/$target/$PRODUCT"
}

take_executable() {
  if [ -n "$file" ]; then
    take_file
  elif [ "$from_source" = no ] && [ -n "$base" ]; then
    if take_release; then return; fi
    [ -n "$checkout" ] || fail "no release can be reached; nothing was installed"
    [ -z "$version" ] || fail "version $version cannot be reached, and this checkout may be another; nothing was installed"
    say "no release can be reached: building this checkout instead"
    build_checkout
  elif [ "$from_source" = no ] && [ -z "$checkout" ]; then
    fail "the address of a release is missing: --base-url URL, or --file FILE"
  else
    [ -z "$version" ] || fail "--version $version needs --base-url: a build of this checkout has the version it has"
    build_checkout
  fi
}

# The new executable is tried where it will live, then takes the place of the old one in one step. Never written over
# the old one: macOS remembers signatures by file, and a program that is running would be changed under its feet.
put_in_place() {
  new=$scratch/$PRODUCT
  chmod 755 "$new"
  # A browser marks what it downloads, and macOS does not start a marked program that Apple has not seen.
  if [ "$(uname -s)" = Darwin ]; then xattr -d com.apple.quarantine "$new" 2>/dev/null || :; fi
  says=$("$new" --version </dev/null) || fail "the new executable does not run on this machine; nothing was installed"
  case "$version/$says" in
    /* | "$version/$PRODUCT $version "*) ;;
    *) fail "the release of version $version holds $says; nothing was installed" ;;
  esac
  old=$directory/$PRODUCT
  replaced=no
  if [ -f "$old" ] && cmp -s "$new" "$old"; then
    say "$says is installed already, as $old"
    return
  fi
  if [ -f "$old" ] && [ ! -L "$old" ]; then
    keep_old || fail "the old executable cannot be kept as $old.previous; nothing was installed"
    replaced=yes
  fi
  mv -f "$new" "$old" || fail "the new executable cannot be put into $directory; nothing was installed"
  say "installed $says as $old"
  if [ "$replaced" = yes ]; then
    say "the one before is kept: $PRODUCT upgrade --rollback"
    if [ "$(uname -s)" = Darwin ]; then
      say "if you gave the old one access to protected folders (System Settings, Privacy & Security), give it to this one again"
    fi
  fi
}

# A link where the system allows one, for the file is large.
keep_old() {
  rm -f "$old.previous"
  ln "$old" "$old.previous" 2>/dev/null || cp -p "$old" "$old.previous"
}

settings_folder() {
  case "${XDG_CONFIG_HOME:-}" in
    /*) say "$XDG_CONFIG_HOME/$PRODUCT" ;;
    *) say "$HOME/.config/$PRODUCT" ;;
  esac
}

# `upgrade` asks where this came from.
remember_release() {
  [ -n "$base" ] && [ -z "$file" ] && [ -f "$scratch/SHA256SUMS" ] || return 0
  mkdir -p "$(settings_folder)"
  chmod 700 "$(settings_folder)"
  say "$base" >"$scratch/release-url"
  mv -f "$scratch/release-url" "$(settings_folder)/release-url"
}

say_path() {
  case ":$PATH:" in
    *":$directory:"*) return ;;
  esac
  case "${SHELL:-}" in
    */zsh) rc=.zshrc ;;
    */bash) if [ "$(uname -s)" = Darwin ]; then rc=.bash_profile; else rc=.bashrc; fi ;;
    */fish)
      say "$directory is not in PATH yet. To add it:  fish_add_path '$directory'"
      return
      ;;
    *) rc=.profile ;;
  esac
  say "$directory is not in PATH yet. To add it:  echo 'export PATH=\"$directory:\$PATH\"' >> ~/$rc"
}

# The script itself may be what standard input holds, so a person is asked through the terminal, when there is one.
ask_for_folder() {
  [ ! -f "$(settings_folder)/config.toml" ] || return 0
  if [ "$questions" = yes ] && [ -t 1 ] && (: </dev/tty) 2>/dev/null; then
    printf 'which folder shall be kept the same? (nothing: later) ' >/dev/tty
    IFS= read -r answer </dev/tty || answer=
    if [ -n "$answer" ]; then
      "$directory/$PRODUCT" init "$answer" </dev/tty || say "to try again:  $PRODUCT init '$answer'"
      return
    fi
  fi
  say "next:  $PRODUCT init ~/brain --role desktop --remote git@example.com:me/brain.git"
}

install_product() {
  refuse_old_macos
  refuse_protected_place
  target=$(target_of_machine)
  command -v git >/dev/null 2>&1 || fail "git is missing: on macOS run xcode-select --install, on Debian or Ubuntu apt install git"
  checkout=$(checkout_of_script)
  make_scratch
  take_executable
  put_in_place
  remember_release
  say_path
  ask_for_folder
}

# The executable knows best what belongs to it. One that is gone or broken is cleared away from here, without it.
uninstall_product() {
  old=$directory/$PRODUCT
  if [ -x "$old" ] && "$old" uninstall --help >/dev/null 2>&1; then
    exec "$old" uninstall ${purge:+"$purge"} ${sure:+"$sure"}
  fi
  [ -z "$purge" ] || fail "--purge needs an executable that runs: install again, then uninstall"
  for label in sync-desktop sync-laptop sync-watchdog; do
    plist=$HOME/Library/LaunchAgents/com.petesbrain.$label.plist
    [ -f "$plist" ] || continue
    launchctl bootout "gui/$(id -u)/com.petesbrain.$label" 2>/dev/null || :
    rm -f "$plist"
    say "removed $plist"
  done
  [ -e "$old" ] || [ -L "$old" ] || fail "there is no $old"
  rm -f "$old" "$old.previous"
  say "removed $old; settings, logs and the folder stay as they are"
}

main() {
  [ -n "${HOME:-}" ] || fail "HOME is not set"
  read_words "$@"
  if [ "$verb" = usage ]; then
    usage
    return
  fi
  refuse_root
  case "$verb" in
    install) install_product ;;
    uninstall) uninstall_product ;;
  esac
}

{ main "$@"; }

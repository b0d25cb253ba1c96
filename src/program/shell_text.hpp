// The fixed parts of the shell form. For print_shell.cpp.
#pragma once

#include <string_view>

namespace phial::program {

// clang-format off
inline constexpr std::string_view kShellHeader = R"text(#!/usr/bin/env bash
# A container, made by bash with util-linux, iproute2 and coreutils alone. Run it as root.
#
# The container's first process gives up its privileges early and then only waits; everything that takes privileges is
# done for it by others, which enter its namespaces from the host. Paths in the container's root are used as they are:
# unlike the program itself, the script is no match for an image that means harm.
set -euo pipefail
umask 022
[ "$(id -u)" = 0 ] || { echo "$0: has to be run by root" >&2; exit 1; }

work=$(mktemp -d)
export root=$work/root pid=
mkdir "$root"
mkfifo "$work/up" "$work/down"
exec 8<>"$work/up" 9<>"$work/down"
parent= enter=(--mount --uts --ipc --net --pid)
)text";

inline constexpr std::string_view kShellFunctions = R"text(
# Ends what is left in a cgroup and removes it.
remove_cgroup() {
  local tries process
  for ((tries = 0; tries < 100; tries++)); do
    [ -d "$1" ] || return 0
    rmdir "$1" 2>/dev/null && return 0
    while read -r process; do kill -KILL "$process" || true; done <"$1/cgroup.procs"
    sleep 0.05
  done
}

finish() {
  [ -z "$parent" ] || kill -KILL "$parent" $pid 2>/dev/null || true
  [ -z "$parent" ] || wait "$parent" 2>/dev/null || true
  undo
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A word from the container's first process; the leave for it to go on.
hear() {
  until read -r -t 1 -u 8 word; do
    kill -0 "$parent" 2>/dev/null || { echo "$0: the container's first process has failed" >&2; exit 125; }
  done
}
go_on() { echo go >&9; }
# Runs its standard input in the container's namespaces, with the host's root at / and the container's at $root.
inside() { nsenter --target "$pid" "${enter[@]}" "$BASH" -euo pipefail -s; }
)text";

// The exec that gives up the privileges follows.
inline constexpr std::string_view kShellFirst = R"text(
# What the container's first process does first: it tells its number and waits to be put into its cgroups.
first=$(cat <<'PHIAL_FIRST'
cd /
read -r pid _ </proc/self/stat
echo "$pid" >&8
read -r _ <&9
)text";

inline constexpr std::string_view kShellLastBegin = R"text(PHIAL_FIRST
)

# What it does last: it waits until all is set up and becomes the container's program.
last=$(cat <<'PHIAL_LAST'
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  case $fd in 0 | 1 | 2 | 8 | 9) ;; *) eval "exec $fd>&-" ;; esac
done
echo ready >&8
read -r _ <&9
exec 8>&- 9>&-
unset OLDPWD PWD SHLVL
declare -n SHLVL='none[0]' # or exec would export one
)text";

inline constexpr std::string_view kShellLastEnd = R"text(PHIAL_LAST
)
)text";

inline constexpr std::string_view kShellPivot = R"text(inside <<'PHIAL_INSIDE'
cd "$root"
pivot_root . .
PHIAL_INSIDE
# The host's root lies above the container's now: what enters the mount namespace still finds it there.
nsenter --target "$pid" --mount umount --lazy /
)text";

inline constexpr std::string_view kShellEnd = R"text(
# Everything is set up: the first process becomes the container's program.
go_on
exec 8>&- 9>&-
status=0
wait "$parent" || status=$?
parent= pid=
exit "$status"
)text";

// clang-format on

} // namespace phial::program

#!/usr/bin/env bash
# The developer's and the new user's entry to Flex: installs what is missing, builds what is out of date, then goes.
# FLEX_PRESET picks the CMake preset (default dev); everything it writes lies under build/ and .venv/.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
preset=${FLEX_PRESET:-dev}
build=$root/build/$preset
python=$root/.venv/bin/python

usage() {
  cat <<'TEXT'
usage: ./flex COMMAND [ARGS]

  run            the main job on real data: handwritten digits and a photo (examples/real/run.py)
  run [ARGS]     flexc run ARGS: runs a kernel file
  test [FILTER]  all tests, or those whose name contains FILTER
  bench [ARGS]   kernels beside other libraries, timed (--quick, --only, …: ./flex bench --help; --static: GPU code beside Triton's, IREE's and XLA's)
  format         formats every C++ and kernel file in place
  lint           format, size, layering, headers, doc paths, clang-tidy (as .ci/run does)
  help           this page

Any other word goes to flexc: ./flex check k.flex, ./flex build k.flex, ./flex devices, …; `./flex --help` shows flexc's page.
What is missing is installed (apt, and pip into .venv), what is out of date is built, before any of these.

FLEX_PRESET=release|asan|tsan picks another build (default dev), FLEX_JOBS the number of parallel compilers.
OCL_ICD_VENDORS is set to the test OpenCL runtime in .venv unless you set it (this machine's own: /etc/OpenCL/vendors).
TEXT
}

say() { printf '%s\n' "$*" >&2; }
die() { say "flex: $*"; exit 1; }

# Writes `build: 42%` on one line of a terminal, or one line per 25 % elsewhere.
progress() {
  local tty=0
  [ -t 2 ] && tty=1
  awk -v tty="$tty" '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/"); percent = int(100 * n[1] / n[2])
      if (tty) { printf "\rbuild: %3d%% (%d of %d)", percent, n[1], n[2] > "/dev/stderr"; fflush("/dev/stderr"); shown = 1 }
      else if (percent >= last + 25) { last = percent - percent % 25; printf "build: %d%%\n", last > "/dev/stderr" }
    }
    END { if (shown) printf "\n" > "/dev/stderr" }'
}

fail_with_log() { # fail_with_log WHAT LOG: from the first error on, without the commands that failed
  awk '/^FAILED:|^CMake Error/ { found = 1 }
       found && !/^\[[0-9]+\/[0-9]+\]/ && !/ (-c|-o) / && !/^$/ { print; if (++lines == 30) exit }' "$2" >&2
  grep -q -E '^FAILED:|^CMake Error' "$2" || tail -n 20 "$2" >&2
  die "$1 failed; the whole log: $2"
}

# Nothing to do when no source is newer than the goal's stamp. Folders count too: a removed file changes its folder's time.
up_to_date() {
  local stamp=$build/.stamp-$1
  [ -f "$stamp" ] && [ -z "$(cd "$root" && find CMakeLists.txt CMakePresets.json cmake include lib std runtime tools test examples \
    python benchmarks -newer "$stamp" ! -name '__pycache__' ! -name '*.pyc' ! -path '*/out*' -print -quit 2>/dev/null)" ]
}

# ccache keeps objects made with the precompiled header only if told that its macros and times may be ignored (the ccache
# manual, "Precompiled headers"); with paths relative to the tree, another checkout of it finds them, too.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

# build_goal product|tests: `product` is what a user runs, `tests` adds the test programs.
build_goal() {
  local goal=$1 targets=(all) log=$build/build.log fresh
  up_to_date "$goal" && return 0
  [ "$goal" = tests ] && targets+=(flex-test-programs)
  mkdir -p "$build"
  exec 9>"$build/.lock"
  flock -n 9 || { say "build: waiting for another ./flex"; flock 9; }
  fresh=$(mktemp "$build/.stamp.XXXXXX") # taken before the build: an edit made during it counts as newer
  if [ ! -f "$build/build.ninja" ]; then
    say "build: configuring build/$preset"
    rm -f "$build/CMakeCache.txt" # left by a configure that failed
    (cd "$root" && cmake --preset "$preset") >"$build/configure.log" 2>&1 </dev/null ||
      fail_with_log "configuring" "$build/configure.log"
  fi
  ninja -C "$build" -j "${FLEX_JOBS:-$(nproc)}" "${targets[@]}" </dev/null 2>&1 | tee "$log" | progress ||
    { rm -f "$fresh"; fail_with_log "the build" "$log"; }
  [ "$goal" = tests ] && touch -r "$fresh" "$build/.stamp-product"
  mv "$fresh" "$build/.stamp-$goal"
  exec 9>&-
}

prepare() { # prepare GOAL
  "$root/scripts/install-deps"
  build_goal "$1"
  export PATH=$build/bin:$PATH
  export OCL_ICD_VENDORS=${OCL_ICD_VENDORS:-$root/.venv/opencl}
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  help) usage ;;
  run)
    prepare product
    # `./flex run --device=D` is the main job on device D; anything else with arguments is flexc's.
    if [ $# = 0 ] || [[ $1 == --device* && $# -le 2 ]]; then exec "$python" "$root/examples/real/run.py" "$@"; fi
    exec flexc run "$@"
    ;;
  test)
    prepare tests
    exec "$python" "$root/scripts/run-tests" --build "$build" "$@"
    ;;
  bench)
    case ${1:-} in # what needs no build
      --help | -h | --list | --install-peers) "$root/scripts/install-deps" ;;
      *) prepare product ;;
    esac
    if [ "${1:-}" = --static ]; then exec "$python" "$root/benchmarks/static.py" "${@:2}"; fi
    peers=$root/.venv-bench/bin/python # made by --install-peers; without it the benchmark runs beside what .venv has
    exec env FLEX_BUILD_DIR="$build" "$([ -x "$peers" ] && echo "$peers" || echo "$python")" "$root/benchmarks/run.py" "$@"
    ;;
  format)
    "$root/scripts/install-deps"
    exec "$root/scripts/check-format" --fix "$@"
    ;;
  lint)
    prepare product
    exec "$root/scripts/lint" --build "$build" "$@"
    ;;
  *)
    prepare product
    exec flexc "$command" "$@"
    ;;
esac

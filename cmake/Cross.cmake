# Toolchain file for libflexrt on other processors: -DFLEX_CROSS=aarch64|riscv64 (presets of the same names). Clang, lld and
# Debian's cross libraries (requirements/apt.txt).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${FLEX_CROSS})
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FLEX_CROSS)
set(CMAKE_C_COMPILER /usr/bin/clang-22)
set(CMAKE_CXX_COMPILER /usr/bin/clang++-22)
set(CMAKE_C_COMPILER_TARGET ${FLEX_CROSS}-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET ${FLEX_CROSS}-linux-gnu)
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-fuse-ld=lld-22")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld-22")
# Headers of libraries that are headers alone are the build machine's; libraries never are.
set(CMAKE_FIND_ROOT_PATH /usr/${FLEX_CROSS}-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

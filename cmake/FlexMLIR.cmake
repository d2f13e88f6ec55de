# FlexMLIR: what a library that uses MLIR links. Shared libMLIR/libLLVM while developing; for a release, the archives
# by path in one group (Debian's CMake targets would pull the shared libraries back in).
add_library(FlexMLIR INTERFACE)
if(FLEX_STATIC_LLVM)
  find_program(FLEX_LLVM_CONFIG NAMES llvm-config REQUIRED PATHS ${LLVM_TOOLS_BINARY_DIR} NO_DEFAULT_PATH)
  # Every archive is named; the linker takes what is reached. What keeps that small: docs/decisions/linking.md.
  execute_process(COMMAND ${FLEX_LLVM_CONFIG} --link-static --libfiles all
    OUTPUT_VARIABLE flex_llvm_archives OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${FLEX_LLVM_CONFIG} --link-static --system-libs
    OUTPUT_VARIABLE flex_llvm_system OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flex_llvm_archives UNIX_COMMAND "${flex_llvm_archives}")
  separate_arguments(flex_llvm_system UNIX_COMMAND "${flex_llvm_system}")
  file(GLOB flex_mlir_archives ${LLVM_LIBRARY_DIR}/libMLIR*.a)
  list(FILTER flex_mlir_archives EXCLUDE REGEX "libMLIR(CAPI|MlirOpt|ReduceLib|.*Test|.*Lsp|.*LSP|.*Runner|.*EmulationSupport)")
  target_link_libraries(FlexMLIR INTERFACE
    -Wl,--start-group ${flex_mlir_archives} ${flex_llvm_archives} -Wl,--end-group ${flex_llvm_system})
else()
  target_link_libraries(FlexMLIR INTERFACE ${LLVM_LIBRARY_DIR}/libMLIR.so ${LLVM_LIBRARY_DIR}/libLLVM.so)
  target_link_options(FlexMLIR INTERFACE -Wl,-rpath,${LLVM_LIBRARY_DIR})
endif()

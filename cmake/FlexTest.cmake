# flex_add_unittest(NAME srcs... [LINK libs...] [MLIR]): a GoogleTest program registered with CTest under its own name.
# Labels: Unit and the folder's name. Not part of `all`: `ninja flex-test-programs` (or ./flex test) builds them.
find_package(GTest REQUIRED)
function(flex_add_unittest name)
  cmake_parse_arguments(ARG "MLIR" "" "LINK;ARGS" ${ARGN})
  foreach(lib ${ARG_LINK}) # a build without the compiler (preset tsan) has the runtime's tests only
    if(NOT FLEX_BUILD_COMPILER AND (ARG_MLIR OR (lib MATCHES "^Flex" AND NOT TARGET ${lib})))
      add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/Pch.cpp) # for the caller's properties; never built
      return()
    endif()
  endforeach()
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE FlexOptions ${ARG_LINK} GTest::gtest GTest::gtest_main)
  if(ARG_MLIR)
    flex_use_mlir(${name})
    # The shared header was made with -fPIC; CMake's -fPIE for a program would refuse it.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
    target_precompile_headers(${name} REUSE_FROM FlexPch)
    add_dependencies(${name} FlexPch FlexTableGen)
  endif()
  add_test(NAME Unit/${name} COMMAND ${name} ${ARG_ARGS})
  get_filename_component(area ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set_tests_properties(Unit/${name} PROPERTIES LABELS "Unit;${area}")
  add_dependencies(flex-test-programs ${name})
endfunction()

find_program(FLEX_PYTHON NAMES python python3 PATHS ${PROJECT_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
find_program(FLEX_PYTHON NAMES python3 REQUIRED)
set(FLEX_LLVM_TOOLS_DIR ${LLVM_TOOLS_BINARY_DIR})

# flex_add_lit_suite(FOLDER): writes the lit configuration of one folder of the source tree into the build tree.
function(flex_add_lit_suite folder)
  set(FLEX_SUITE ${folder})
  set(FLEX_SUITE_SOURCE_DIR ${PROJECT_SOURCE_DIR}/${folder})
  set(FLEX_SUITE_BUILD_DIR ${PROJECT_BINARY_DIR}/lit/${folder})
  configure_file(${PROJECT_SOURCE_DIR}/test/lit.site.cfg.py.in ${FLEX_SUITE_BUILD_DIR}/lit.site.cfg.py @ONLY)
  set_property(GLOBAL APPEND PROPERTY FLEX_LIT_SUITES ${FLEX_SUITE_BUILD_DIR})
endfunction()

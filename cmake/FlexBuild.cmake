# Compile flags and the helper functions every CMakeLists.txt of the tree uses.
#   flex_add_library(NAME srcs... [LINK libs...])            plain C++, no LLVM
#   flex_add_mlir_library(NAME srcs... [LINK libs...])       uses LLVM/MLIR headers, shares the precompiled header
#   flex_embed_chips(LIB)                                   builds the target's chips/*.json in
#   flex_discover(KIND DIR)                                  adds each DIR/*/CMakeLists.txt, generates the registration list

add_library(FlexOptions INTERFACE)
target_compile_features(FlexOptions INTERFACE cxx_std_20)
target_include_directories(FlexOptions INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
target_compile_options(FlexOptions INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Wimplicit-fallthrough $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_compile_definitions(FlexOptions INTERFACE JSON_NOEXCEPTION FLEX_VERSION="${PROJECT_VERSION}")
if(FLEX_SANITIZE)
  target_compile_options(FlexOptions INTERFACE -fsanitize=${FLEX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-sanitize=vptr)
  target_link_options(FlexOptions INTERFACE -fsanitize=${FLEX_SANITIZE})
endif()
find_program(FLEX_LLD NAMES ld.lld-22 ld.lld)
if(FLEX_LLD)
  target_link_options(FlexOptions INTERFACE --ld-path=${FLEX_LLD})
endif()
find_program(FLEX_CCACHE ccache)
if(FLEX_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FLEX_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FLEX_CCACHE})
endif()

function(flex_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC FlexOptions ${ARG_LINK})
endfunction()

# One precompiled header of the usual MLIR headers: 8 s once instead of seconds per file.
function(flex_add_pch)
  add_library(FlexPch STATIC ${PROJECT_SOURCE_DIR}/cmake/Pch.cpp)
  flex_use_mlir(FlexPch)
  target_precompile_headers(FlexPch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/Pch.h)
endfunction()

function(flex_use_mlir name)
  target_link_libraries(${name} PUBLIC FlexOptions)
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_definitions(${name} PUBLIC _GNU_SOURCE __STDC_CONSTANT_MACROS __STDC_FORMAT_MACROS __STDC_LIMIT_MACROS)
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  if(NOT LLVM_ENABLE_RTTI)
    target_compile_options(${name} PRIVATE -fno-rtti)
  endif()
endfunction()

function(flex_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  flex_use_mlir(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM FlexPch)
  add_dependencies(${name} FlexPch FlexTableGen ${ARG_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY FLEX_MLIR_LIBRARIES ${name})
endfunction()

# A target or a driver is a folder: found here, never listed by hand. `kind` is TARGET or DRIVER.
function(flex_discover kind dir)
  file(GLOB found CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/*/CMakeLists.txt)
  string(TOLOWER ${kind} lower)
  set(def "// Generated from the folders below ${dir}: do not edit.\n")
  foreach(entry ${found})
    get_filename_component(name ${entry} DIRECTORY)
    add_subdirectory(${dir}/${name})
    string(APPEND def "FLEX_${kind}(${name})\n")
    set_property(GLOBAL APPEND PROPERTY FLEX_${kind}_NAMES ${name})
  endforeach()
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/include/flex/${lower}s.def CONTENT "${def}")
endfunction()

# A target's chips are files chips/*.json beside its CMakeLists.txt; their text goes into ChipFiles.inc for Chips.cpp.
function(flex_embed_chips library)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/chips/*.json)
  set(table "// Generated from chips/*.json: do not edit.\n")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND table "{\"${name}\", R\"chip(${text})chip\"},\n")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/ChipFiles.inc CONTENT "${table}")
  target_include_directories(${library} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()

# What `cmake --install` gives: flexc, flex-lsp-server, libflexrt, libflexc, the C ABI's headers, and a package for find_package(Flex).
include(CMakePackageConfigHelpers)
set(flex_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Flex)

install(TARGETS flexrt EXPORT FlexTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET flexc)
  install(TARGETS flexc RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# The runtime opens libflexc.so in its own folder; without it, only images and cached kernels run.
if(TARGET FlexCompiler)
  install(TARGETS FlexCompiler LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET flex-lsp-server)
  install(TARGETS flex-lsp-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/flex-c DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/flex DESTINATION ${CMAKE_INSTALL_LIBDIR}/python3/dist-packages
  FILES_MATCHING PATTERN "*.py")

install(EXPORT FlexTargets NAMESPACE Flex:: DESTINATION ${flex_package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/FlexConfig.cmake.in ${PROJECT_BINARY_DIR}/FlexConfig.cmake
  INSTALL_DESTINATION ${flex_package_dir} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/FlexConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/FlexConfig.cmake ${PROJECT_BINARY_DIR}/FlexConfigVersion.cmake
  DESTINATION ${flex_package_dir})

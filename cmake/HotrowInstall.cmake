include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(hotrow_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/hotrow")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/hotrow" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS hotrow EXPORT hotrow-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT hotrow-targets NAMESPACE hotrow:: DESTINATION "${hotrow_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/hotrow-config.cmake.in"
  "${PROJECT_BINARY_DIR}/hotrow-config.cmake"
  INSTALL_DESTINATION "${hotrow_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hotrow-config-version.cmake"
  COMPATIBILITY SameMajorVersion
  ARCH_INDEPENDENT)
install(FILES
  "${PROJECT_BINARY_DIR}/hotrow-config.cmake"
  "${PROJECT_BINARY_DIR}/hotrow-config-version.cmake"
  DESTINATION "${hotrow_package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hotrow")

# pkg-config: relative to where the file lies, so that the install may be moved.
set(hotrow_pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  set(hotrow_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH hotrow_pc_up "/prefix/${hotrow_pc_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" hotrow_pc_up "${hotrow_pc_up}")
  set(hotrow_pc_prefix "\${pcfiledir}/${hotrow_pc_up}")
endif()
set(hotrow_pc_includedir "\${prefix}")
cmake_path(APPEND hotrow_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/hotrow.pc.in" "${PROJECT_BINARY_DIR}/hotrow.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hotrow.pc" DESTINATION "${hotrow_pc_dir}")

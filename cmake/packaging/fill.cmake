# cmake -DARCHIVE=<source archive> -DURL=<where it is published> -DOUTPUT=<folder> -P fill.cmake
# Fills the recipes of this folder in for one release, with the checksums of its archive, as the package managers take them:
#   OUTPUT/vcpkg/hotrow            a port, for ports/ of vcpkg or for --overlay-ports
#   OUTPUT/conan/hotrow            a recipe, for recipes/ of the Conan Center
#   OUTPUT/cpm/hotrow.cmake        the call of CPM
cmake_minimum_required(VERSION 3.25)
foreach(variable IN ITEMS ARCHIVE URL OUTPUT)
  if(NOT ${variable})
    message(FATAL_ERROR "fill.cmake: ${variable} is missing; see the head of the file")
  endif()
endforeach()
set(here "${CMAKE_CURRENT_LIST_DIR}")

# The version stands in one place, which CMakeLists.txt reads too.
file(READ "${here}/../../CMakeLists.txt" project)
if(NOT project MATCHES "project\\(hotrow[ \n]+VERSION ([0-9.]+)[ \n]+DESCRIPTION \"([^\"]+)\"")
  message(FATAL_ERROR "fill.cmake: CMakeLists.txt names no version and description")
endif()
set(HOTROW_VERSION "${CMAKE_MATCH_1}")
set(HOTROW_DESCRIPTION "${CMAKE_MATCH_2}")
file(SHA256 "${ARCHIVE}" HOTROW_SHA256)
file(SHA512 "${ARCHIVE}" HOTROW_SHA512)

set(port "${OUTPUT}/vcpkg/hotrow")
configure_file("${here}/vcpkg/portfile.cmake.in" "${port}/portfile.cmake" @ONLY)
configure_file("${here}/vcpkg/vcpkg.json.in" "${port}/vcpkg.json" @ONLY)
configure_file("${here}/vcpkg/usage" "${port}/usage" COPYONLY)
set(recipe "${OUTPUT}/conan/hotrow")
configure_file("${here}/conan/config.yml.in" "${recipe}/config.yml" @ONLY)
configure_file("${here}/conan/conandata.yml.in" "${recipe}/all/conandata.yml" @ONLY)
file(COPY "${here}/conan/conanfile.py" "${here}/conan/test_package" DESTINATION "${recipe}/all")
configure_file("${here}/cpm/hotrow.cmake.in" "${OUTPUT}/cpm/hotrow.cmake" @ONLY)

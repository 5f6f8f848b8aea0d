# hotrow_find(<package>) makes a package that hotrow's own programs use available: the installed one first, so that
# nothing is fetched where the distribution's packages are there (setup.sh), else a pinned archive.
#
#   Catch2          Catch2::Catch2 (2 or 3)      benchmark   benchmark::benchmark
#   CLI11           CLI11::CLI11                 Eigen3      Eigen3::Eigen
#   nlohmann_json   nlohmann_json::nlohmann_json

include(FetchContent)

set(hotrow_url_Catch2 https://github.com/catchorg/Catch2/archive/refs/tags/v3.8.1.tar.gz)
set(hotrow_sha256_Catch2 18b3f70ac80fccc340d8c6ff0f339b2ae64944782f8d2fca2bd705cf47cadb79)
set(hotrow_url_CLI11 https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.5.0.tar.gz)
set(hotrow_sha256_CLI11 17e02b4cddc2fa348e5dbdbb582c59a3486fa2b2433e70a0c3bacb871334fd55)
set(hotrow_url_nlohmann_json https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz)
set(hotrow_sha256_nlohmann_json d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
set(hotrow_url_benchmark https://github.com/google/benchmark/archive/refs/tags/v1.9.5.tar.gz)
set(hotrow_sha256_benchmark 9631341c82bac4a288bef951f8b26b41f69021794184ece969f8473977eaa340)
set(hotrow_url_Eigen3 https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz)
set(hotrow_sha256_Eigen3 8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72)

# A macro: find_package's results must reach the caller's scope.
macro(hotrow_find package)
  if("${package}" STREQUAL "Catch2")
    find_package(Catch2 3 QUIET)
    if(NOT Catch2_FOUND)
      find_package(Catch2 2 QUIET)
    endif()
  else()
    find_package(${package} QUIET)
  endif()
  if(NOT ${package}_FOUND)
    hotrow_fetch(${package})
  endif()
endmacro()

function(hotrow_fetch package)
  message(STATUS "hotrow: ${package} is not installed, fetching ${hotrow_url_${package}}")
  # Their tests and docs are not ours to build.
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  set(BUILD_TESTING OFF)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_GTEST_TESTS OFF)
  set(CLI11_BUILD_TESTS OFF)
  set(CLI11_BUILD_EXAMPLES OFF)
  set(JSON_BuildTests OFF)
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  set(source_subdir "")
  if(package STREQUAL "Eigen3")
    # Its own CMake project adds options and targets to ours; the headers are all we use.
    set(source_subdir SOURCE_SUBDIR only-the-headers)
  endif()
  FetchContent_Declare(${package}
    URL ${hotrow_url_${package}}
    URL_HASH SHA256=${hotrow_sha256_${package}}
    DOWNLOAD_EXTRACT_TIMESTAMP TRUE
    SYSTEM
    ${source_subdir})
  FetchContent_MakeAvailable(${package})
  if(package STREQUAL "Eigen3" AND NOT TARGET Eigen3::Eigen)
    add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
    target_include_directories(Eigen3::Eigen SYSTEM INTERFACE "${eigen3_SOURCE_DIR}")
  endif()
endfunction()

# How tests are added. Tests are named <folder>.<file>; their executables test_<folder>_<file>.
#
#   hotrow_add_test(<name> SOURCES <file>... [CUDA] [NO_NIGHTLY] [LABELS <label>...] [LIBRARIES <target>...]
#                   [TIMEOUT <seconds>])
#   hotrow_optimise_test(<name> <configuration> <flag>)
#   hotrow_add_compile_fail_test(<name> SOURCE <file> EXPECT <regex>... [FLAGS <flag>...])
#   hotrow_add_same_output_test(<name> SOURCE <file> FLAGS_A <flag>... FLAGS_B <flag>... [CUDA])
#   hotrow_add_header_test()
#
# Tests marked CUDA need nvcc to be built and a device to run: without nvcc they are left out, without a device they
# report themselves as skipped (a same-output program does so by printing "SKIPPED: why" and exiting with 77).
# HOTROW_CUDART_DIR names a folder with a libcudart.so to run them with: an emulator's.
# With it each of them is run again, under the label `nightly`, with the emulator's checks and other schedules.

set(HOTROW_CUDART_DIR "$ENV{HOTROW_CUDART_DIR}" CACHE PATH "Folder of the libcudart.so that CUDA tests run with")
if(DEFINED ENV{HOTROW_CUDART_DIR})
  # So that a build folder configured without it takes it up.
  set_property(CACHE HOTROW_CUDART_DIR PROPERTY VALUE "$ENV{HOTROW_CUDART_DIR}")
endif()

set(HOTROW_TESTS_WITHOUT "" CACHE STRING "Regular expression of the tests that are left out: those that start no thread, for ThreadSanitizer")

set(hotrow_test_dir "${PROJECT_SOURCE_DIR}/tests")
set(hotrow_script_dir "${CMAKE_CURRENT_LIST_DIR}")

# The part that is slow to compile, Catch2's own code and main(), once for all tests; and the two answers to whether
# a device is needed.
add_library(hotrow_test_main STATIC "${hotrow_test_dir}/support/main.cpp")
target_link_libraries(hotrow_test_main PUBLIC hotrow_programs Catch2::Catch2)
target_compile_features(hotrow_test_main PUBLIC cxx_std_20)
# Not what is under test, and minutes of compile time when sanitized or optimised.
set_source_files_properties("${hotrow_test_dir}/support/main.cpp" PROPERTIES COMPILE_OPTIONS "-O0;-fno-sanitize=all")
target_include_directories(hotrow_test_main PUBLIC "${hotrow_test_dir}")
if(Catch2_FOUND AND Catch2_VERSION VERSION_LESS 3)
  target_compile_definitions(hotrow_test_main PUBLIC HOTROW_TEST_CATCH2_V2)
endif()

# Its precompiled header serves all tests with the same flags.
add_library(hotrow_test_needs_nothing STATIC "${hotrow_test_dir}/support/needs_nothing.cpp")
target_link_libraries(hotrow_test_needs_nothing PRIVATE hotrow::hotrow hotrow_test_main)
target_precompile_headers(hotrow_test_needs_nothing PRIVATE "${hotrow_test_dir}/support/precompiled.hpp")
if(HOTROW_WITH_CUDA)
  add_library(hotrow_test_needs_device STATIC "${hotrow_test_dir}/support/needs_device.cpp")
  target_link_libraries(hotrow_test_needs_device PRIVATE hotrow_test_main CUDA::toolkit)
endif()

# add_test for one run of a CUDA program.
function(hotrow_add_cuda_run name labels timeout)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "COMMAND;ENVIRONMENT")
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
  if(HOTROW_CUDART_DIR)
    set_property(TEST ${name} PROPERTY ENVIRONMENT
      "LD_LIBRARY_PATH=${HOTROW_CUDART_DIR}" GPUEMU_STRICT=1 ${arg_ENVIRONMENT})
  endif()
endfunction()

function(hotrow_add_cuda_runs name labels timeout nightly)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "" "COMMAND")
  hotrow_add_cuda_run(${name} "${labels};cuda" ${timeout} COMMAND ${arg_COMMAND})
  if(NOT nightly OR NOT HOTROW_CUDART_DIR)
    return()
  endif()
  # The checks slow a run several times.
  math(EXPR timeout "4 * ${timeout}")
  set(labels ${labels} cuda nightly)
  hotrow_add_cuda_run(${name}.initcheck "${labels}" ${timeout} COMMAND ${arg_COMMAND}
    ENVIRONMENT GPUEMU_INITCHECK=1 GPUEMU_FILL=0xcb)
  hotrow_add_cuda_run(${name}.racecheck "${labels}" ${timeout} COMMAND ${arg_COMMAND}
    ENVIRONMENT GPUEMU_RACECHECK=1)
  hotrow_add_cuda_run(${name}.async "${labels}" ${timeout} COMMAND ${arg_COMMAND}
    ENVIRONMENT GPUEMU_ASYNC=1)
  foreach(seed RANGE 1 8)
    hotrow_add_cuda_run(${name}.seed${seed} "${labels}" ${timeout} COMMAND ${arg_COMMAND}
      ENVIRONMENT GPUEMU_SEED=${seed})
  endforeach()
endfunction()

function(hotrow_test_target out name)
  string(REPLACE "." "_" target "test_${name}")
  set(${out} ${target} PARENT_SCOPE)
endfunction()

function(hotrow_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CUDA;NO_NIGHTLY" "TIMEOUT" "SOURCES;LABELS;LIBRARIES")
  if(arg_CUDA AND NOT HOTROW_WITH_CUDA)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(arg_NO_NIGHTLY)
    set(nightly OFF)
  else()
    set(nightly ON)
  endif()

  hotrow_test_target(target ${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE hotrow::hotrow hotrow_test_main ${arg_LIBRARIES})
  target_precompile_headers(${target} REUSE_FROM hotrow_test_needs_nothing)
  if(HOTROW_TESTS_WITHOUT AND name MATCHES "${HOTROW_TESTS_WITHOUT}")
    message(STATUS "hotrow: HOTROW_TESTS_WITHOUT leaves out ${name}")
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  if(arg_CUDA)
    hotrow_use_cuda(${target})
    target_link_libraries(${target} PRIVATE hotrow_test_needs_device)
    hotrow_add_cuda_runs(${name} "${arg_LABELS}" ${arg_TIMEOUT} ${nightly} COMMAND ${target})
  else()
    target_link_libraries(${target} PRIVATE hotrow_test_needs_nothing)
    add_test(NAME ${name} COMMAND ${target})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()

# In one configuration the test is compiled with this flag.
function(hotrow_optimise_test name configuration flag)
  hotrow_test_target(target ${name})
  target_compile_options(${target} PRIVATE "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:${configuration}>>:${flag}>")
  if(CMAKE_BUILD_TYPE STREQUAL configuration)
    set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)  # compiled with other flags
  endif()
endfunction()

# Passes where compiling fails and every EXPECT regex is found in what the compiler says. .cu files go to nvcc.
function(hotrow_add_compile_fail_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE" "EXPECT;FLAGS")
  if(NOT arg_SOURCE OR NOT arg_EXPECT)
    message(FATAL_ERROR "hotrow_add_compile_fail_test(${name}): SOURCE and EXPECT are needed")
  endif()
  if(arg_SOURCE MATCHES "\\.cu$")
    if(NOT HOTROW_WITH_CUDA)
      return()
    endif()
    set(command "${CMAKE_CUDA_COMPILER}" -std=c++20 -c -o /dev/null -gencode arch=compute_80,code=compute_80)
  else()
    set(command "${CMAKE_CXX_COMPILER}" -std=c++20 -fsyntax-only)
  endif()
  list(APPEND command ${arg_FLAGS} "-I${PROJECT_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SOURCE}")
  add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" "-Dexpect=${arg_EXPECT}"
    -P "${hotrow_script_dir}/expect_compile_error.cmake" -- ${command})
  set_tests_properties(${name} PROPERTIES LABELS compile_fail TIMEOUT 120)
endfunction()

# Builds one program twice and passes where both print the same, and something. HOTROW_NATIVE is left out: the flags
# given decide what the compiler may do.
function(hotrow_add_same_output_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CUDA" "SOURCE" "FLAGS_A;FLAGS_B")
  if(arg_CUDA AND NOT HOTROW_WITH_CUDA)
    return()
  endif()
  hotrow_test_target(target ${name})
  set(programs)
  foreach(variant IN ITEMS A B)
    add_executable(${target}_${variant} ${arg_SOURCE})
    target_link_libraries(${target}_${variant} PRIVATE hotrow::hotrow hotrow_warnings)
    target_include_directories(${target}_${variant} PRIVATE "${hotrow_test_dir}")
    target_compile_options(${target}_${variant} PRIVATE ${arg_FLAGS_${variant}})
    if(arg_CUDA)
      hotrow_use_cuda(${target}_${variant})
    endif()
    list(APPEND programs $<TARGET_FILE:${target}_${variant}>)
  endforeach()
  set(command "${CMAKE_COMMAND}" -P "${hotrow_script_dir}/expect_same_output.cmake" -- ${programs})
  if(arg_CUDA)
    hotrow_add_cuda_run(${name} cuda 300 COMMAND ${command})
    # CMake cannot hand on a program's 77.
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED: ")
  else()
    add_test(NAME ${name} COMMAND ${command})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# Every header compiles alone: with g++ and clang++ where they are installed; CUDA headers with nvcc.
function(hotrow_add_header_test)
  set(script "${hotrow_script_dir}/check_headers.sh")
  foreach(compiler IN ITEMS g++ clang++)
    string(MAKE_C_IDENTIFIER "HOTROW_${compiler}" program)
    find_program(${program} ${compiler})
    mark_as_advanced(${program})
    if(${program})
      add_test(NAME headers.${compiler} COMMAND bash "${script}" host "${PROJECT_SOURCE_DIR}/include" "${${program}}")
      set_tests_properties(headers.${compiler} PROPERTIES LABELS headers TIMEOUT 600 PROCESSORS 2)
    endif()
  endforeach()
  if(HOTROW_WITH_CUDA)
    add_test(NAME headers.nvcc COMMAND bash "${script}" cuda "${PROJECT_SOURCE_DIR}/include" "${CMAKE_CUDA_COMPILER}")
    set_tests_properties(headers.nvcc PROPERTIES LABELS headers TIMEOUT 600 PROCESSORS 2)
  endif()
endfunction()

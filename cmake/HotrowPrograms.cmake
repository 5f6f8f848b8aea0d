# What hotrow's own tests, examples and benchmarks are compiled with. Nothing here reaches a consumer.
#
#   HOTROW_WITH_CUDA            whether CUDA sources are built
#   hotrow_warnings             interface target: warnings
#   hotrow_programs             interface target: warnings, and this machine's processor
#   hotrow_use_cuda(<target>)   for programs with kernels

include(CheckLanguage)

set(HOTROW_WITH_CUDA OFF)
if(NOT HOTROW_CUDA STREQUAL "OFF")
  # The toolkit's installer leaves nvcc off PATH.
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(HOTROW_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(HOTROW_NVCC)
    if(HOTROW_NVCC)
      set(CMAKE_CUDA_COMPILER "${HOTROW_NVCC}")
    endif()
  endif()
  if(PROJECT_IS_TOP_LEVEL)
    # PTX runs on every GPU from compute capability 8.0 on and, with a shared runtime, on the emulator.
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
      set(CMAKE_CUDA_ARCHITECTURES 80-virtual)
    endif()
    if(NOT DEFINED CMAKE_CUDA_RUNTIME_LIBRARY)
      set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
    endif()
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    set(HOTROW_WITH_CUDA ON)
  elseif(HOTROW_CUDA STREQUAL "ON")
    message(FATAL_ERROR "HOTROW_CUDA is ON, but no CUDA compiler was found: set CUDACXX or CMAKE_CUDA_COMPILER to nvcc")
  else()
    message(STATUS "hotrow: no CUDA compiler found, building the host half only")
  endif()
endif()
include(HotrowCudaTarget)
if(HOTROW_WITH_CUDA AND NOT TARGET hotrow::cuda)
  message(FATAL_ERROR "nvcc was found, but not its toolkit: set CUDAToolkit_ROOT")
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CUDA_EXTENSIONS OFF)

add_library(hotrow_warnings INTERFACE)
target_compile_options(hotrow_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wconversion>"
  # GCC 12 warns within its own std::string (GCC bug 105329).
  "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>"
  # The host code that nvcc generates does not survive -Wconversion.
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>")

add_library(hotrow_programs INTERFACE)
target_link_libraries(hotrow_programs INTERFACE hotrow_warnings)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC collects garbage from 128 MB on, again and again: with a GB it compiles these programs in four fifths of the time.
  set(less_garbage --param=ggc-min-heapsize=1000000)
  target_compile_options(hotrow_programs INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${less_garbage}>" "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${less_garbage}>")
endif()
if(HOTROW_NATIVE)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native HOTROW_HAS_MARCH_NATIVE)
  if(HOTROW_HAS_MARCH_NATIVE)
    target_compile_options(hotrow_programs INTERFACE
      "$<$<COMPILE_LANGUAGE:CXX>:-march=native>"
      "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-march=native>")
  endif()
endif()

# hotrow_use_cuda(<target>): what a program with kernels is compiled and linked with.
function(hotrow_use_cuda target)
  target_link_libraries(${target} PRIVATE hotrow::cuda)
  set(flags -lineinfo)
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.8)
    # Plain PTX: the emulator then needs no decompression library.
    list(APPEND flags --compress-mode=none)
  endif()
  if(NOT "cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
    # CMake 3.25 knows no later standard than C++17 for nvcc.
    list(APPEND flags -std=c++20)
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${flags}>")
  # RUNPATH, not RPATH: LD_LIBRARY_PATH must be able to put the emulator first.
  target_link_options(${target} PRIVATE "LINKER:--enable-new-dtags")
  set_target_properties(${target} PROPERTIES
    BUILD_RPATH "${CUDAToolkit_LIBRARY_DIR}"
    LINKER_LANGUAGE CUDA) # brings the runtime also where all sources are .cpp
endfunction()

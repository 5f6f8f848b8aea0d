# hotrow::cuda is hotrow::hotrow and the CUDA toolkit's headers. It links no runtime: static or shared is the
# choice of whoever links the program (CMAKE_CUDA_RUNTIME_LIBRARY). The installed package makes the same target.
if(NOT HOTROW_CUDA STREQUAL "OFF")
  find_package(CUDAToolkit QUIET)
endif()
if(CUDAToolkit_FOUND AND NOT TARGET hotrow::cuda)
  add_library(hotrow_cuda INTERFACE)
  add_library(hotrow::cuda ALIAS hotrow_cuda)
  target_link_libraries(hotrow_cuda INTERFACE hotrow::hotrow CUDA::toolkit)
  if("cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
    target_compile_features(hotrow_cuda INTERFACE cuda_std_20)
  endif()
endif()

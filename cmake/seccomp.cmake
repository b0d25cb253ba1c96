# The default seccomp profile is compiled while Phial is built: libseccomp needs milliseconds for it, a container none.
add_executable(seccomp_filter tools/seccomp_filter.cpp src/kernel/seccomp.cpp src/kernel/seccomp_default.cpp
  src/kernel/capabilities.cpp src/kernel/syscalls.cpp)
target_link_libraries(seccomp_filter PRIVATE phial_flags phial_base phial_seccomp)
foreach(capabilities default bare)
  set(filter ${CMAKE_BINARY_DIR}/generated/seccomp_filter_${capabilities}.inc)
  add_custom_command(OUTPUT ${filter}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
    COMMAND seccomp_filter ${capabilities} > ${filter}
    DEPENDS seccomp_filter VERBATIM)
  target_sources(phial_kernel PRIVATE ${filter})
endforeach()

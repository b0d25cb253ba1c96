# The default seccomp profile is compiled while Phial is built: at run time it takes a tenth of a millisecond, most of it
# page faults, where a container with the default profile needs none of that code.
add_executable(seccomp_filter tools/seccomp_filter.cpp src/kernel/seccomp_assembler.cpp
  src/kernel/seccomp.cpp src/kernel/seccomp_compile.cpp src/kernel/seccomp_decisions.cpp src/kernel/seccomp_default.cpp
  src/kernel/capabilities.cpp src/kernel/syscalls.cpp)
target_link_libraries(seccomp_filter PRIVATE phial_flags phial_base)
foreach(capabilities default bare)
  set(filter ${CMAKE_BINARY_DIR}/generated/seccomp_filter_${capabilities}.inc)
  add_custom_command(OUTPUT ${filter}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
    COMMAND seccomp_filter ${capabilities} > ${filter}
    DEPENDS seccomp_filter VERBATIM)
  target_sources(phial_kernel PRIVATE ${filter})
endforeach()

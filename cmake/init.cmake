# phial-init: freestanding, so it takes none of phial_flags; embedded in the programs that start containers.
add_executable(phial-init src/init/init.cpp src/program/interpreter.cpp src/program/hook.cpp
  src/program/ensure_path.cpp)
target_include_directories(phial-init PRIVATE src)
set_target_properties(phial-init PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/libexec/phial
  POSITION_INDEPENDENT_CODE OFF CXX_CLANG_TIDY "")
target_compile_options(phial-init PRIVATE -Wall -Wextra -Werror -Os -g0 -ffreestanding -fno-exceptions -fno-rtti
  -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-pic -fno-pie -fcf-protection=none
  $<$<CXX_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns> -fomit-frame-pointer)
target_link_options(phial-init PRIVATE -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,noexecstack
  -Wl,-z,max-page-size=4096 -Wl,-z,norelro -Wl,--gc-sections -Wl,-s)
set(PHIAL_INIT_BYTES ${CMAKE_BINARY_DIR}/libexec/phial/phial-init)
# 24 KiB at the most: it is copied into a sealed memfd at every start.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/generated/init_image.stamp
  COMMAND sh -c "test $(stat -c %s ${PHIAL_INIT_BYTES}) -le 24576 || { echo 'phial-init is larger than 24 KiB' >&2; exit 1; }"
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/generated/init_image.stamp
  DEPENDS phial-init VERBATIM)
set_source_files_properties(src/program/init_image.S PROPERTIES
  OBJECT_DEPENDS "${PHIAL_INIT_BYTES};${CMAKE_BINARY_DIR}/generated/init_image.stamp"
  COMPILE_DEFINITIONS PHIAL_INIT_BYTES="${PHIAL_INIT_BYTES}")
add_library(phial_init_image STATIC src/program/init_image.S ${CMAKE_BINARY_DIR}/generated/init_image.stamp)
add_dependencies(phial_init_image phial-init)

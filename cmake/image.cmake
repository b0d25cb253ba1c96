# The built-in image: Debian's busybox-static as an OCI archive, so that a first run needs no registry. A file beside
# the programs, never linked into them (busybox is GPL-2).
find_program(BUSYBOX busybox PATHS /bin /usr/bin REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(PHIAL_BUSYBOX_IMAGE ${CMAKE_BINARY_DIR}/libexec/phial/busybox.tar)
add_custom_command(OUTPUT ${PHIAL_BUSYBOX_IMAGE}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/libexec/phial
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/busybox-image ${BUSYBOX} ${PHIAL_BUSYBOX_IMAGE}
  DEPENDS ${CMAKE_SOURCE_DIR}/scripts/busybox-image ${BUSYBOX}
  COMMENT "Packing the built-in image busybox:latest" VERBATIM)
add_custom_target(busybox_image ALL DEPENDS ${PHIAL_BUSYBOX_IMAGE})
add_dependencies(programs busybox_image)
install(FILES ${PHIAL_BUSYBOX_IMAGE} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/phial)

# Man pages and shell completions: the programs print them from their own tables of verbs, so they are made after them.
if(NOT TARGET phial OR NOT TARGET phial-oci)
  return()
endif()
set(share ${CMAKE_BINARY_DIR}/share)
add_custom_command(OUTPUT ${share}/documents.stamp
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/documents $<TARGET_FILE:phial> $<TARGET_FILE:phial-oci> ${share}
  DEPENDS phial phial-oci ${CMAKE_SOURCE_DIR}/scripts/documents COMMENT "Printing man pages and completions" VERBATIM)
add_custom_target(documents ALL DEPENDS ${share}/documents.stamp)
add_dependencies(programs documents)
install(DIRECTORY ${share}/man ${share}/bash-completion ${share}/zsh ${share}/fish DESTINATION ${CMAKE_INSTALL_DATADIR})

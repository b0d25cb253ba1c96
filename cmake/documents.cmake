# Man pages and shell completions: the program prints them from its own table of verbs, so they are made after it.
if(NOT TARGET phial)
  return()
endif()
set(share ${CMAKE_BINARY_DIR}/share)
add_custom_command(OUTPUT ${share}/documents.stamp
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/documents $<TARGET_FILE:phial> ${share}
  DEPENDS phial ${CMAKE_SOURCE_DIR}/scripts/documents COMMENT "Printing man pages and completions" VERBATIM)
add_custom_target(documents ALL DEPENDS ${share}/documents.stamp)
add_dependencies(programs documents)
install(DIRECTORY ${share}/man ${share}/bash-completion ${share}/zsh ${share}/fish DESTINATION ${CMAKE_INSTALL_DATADIR})

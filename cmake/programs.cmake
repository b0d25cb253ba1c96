# The programs: what they are made of, where they lie in the build tree, and where they are installed.
include(GNUInstallDirs)

# `cmake --build build --target programs`: everything that is installed, and no tests.
add_custom_target(programs ALL)

# program(NAME FOLDER library...): an executable from src/FOLDER/, static where PHIAL_STATIC is on. Nothing, while the
# folder has no sources.
function(program NAME FOLDER)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${FOLDER}/*.cpp ${CMAKE_SOURCE_DIR}/src/${FOLDER}/*/*.cpp)
  if(NOT sources)
    return()
  endif()
  if(TARGET phial_${FOLDER}) # a room, so that its tests link without the program
    set(sources ${CMAKE_SOURCE_DIR}/src/${FOLDER}/main.cpp)
  endif()
  add_executable(${NAME} ${sources})
  phial_link(${NAME} ${ARGN})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS ${NAME} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# helper(NAME SOURCE library...): a program that others start: build/libexec/phial/NAME, from one file of src/.
function(helper NAME SOURCE)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${SOURCE})
    return()
  endif()
  add_executable(${NAME} ${CMAKE_SOURCE_DIR}/src/${SOURCE})
  phial_link(${NAME} ${ARGN})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/libexec/phial)
  install(TARGETS ${NAME} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/phial)
endfunction()

# phial_link(NAME [SHARED] library...): SHARED for a helper on a library that exists as a shared one only; of C++ it
# takes nothing from the system all the same, for loading that is most of such a program's start.
function(phial_link NAME)
  cmake_parse_arguments(LINK "SHARED" "" "" ${ARGN})
  target_link_libraries(${NAME} PRIVATE phial_flags ${LINK_UNPARSED_ARGUMENTS})
  target_compile_definitions(${NAME} PRIVATE PHIAL_VERSION="${PROJECT_VERSION}")
  if(PHIAL_STATIC AND LINK_SHARED)
    target_link_options(${NAME} PRIVATE -static-libstdc++ -static-libgcc)
  elseif(PHIAL_STATIC)
    # Relative relocations packed: a tenth of a program was the list of them.
    target_link_options(${NAME} PRIVATE -static-pie -Wl,-z,pack-relative-relocs)
    set_target_properties(${NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  add_dependencies(programs ${NAME})
endfunction()

# lean(NAME): a heap for one command, and none of what the C++ library brings for throwing. muldefs: where some other part
# of that library pulls its own versions in, ours, which come first, stand.
function(lean NAME)
  target_sources(${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/src/helpers/lean/heap.cpp
    ${CMAKE_SOURCE_DIR}/src/helpers/lean/failures.cpp)
  target_link_options(${NAME} PRIVATE -Wl,-z,muldefs)
endfunction()

program(phial cli phial_cli)
program(phial-oci oci phial_oci)
if(PHIAL_STATIC)
  lean(phial-oci)
endif()

# phial-monitor stays with every container: it is made small, of the base and program rooms and the engine's files that
# say so, and has nothing of the rest.
helper(phial-monitor helpers/monitor.cpp phial_program phial_kernel phial_base)
set(monitor_engine wire log_format log_writer record_text monitor_order)
list(TRANSFORM monitor_engine PREPEND ${CMAKE_SOURCE_DIR}/src/engine/)
list(TRANSFORM monitor_engine APPEND .cpp)
target_sources(phial-monitor PRIVATE src/helpers/monitor_run.cpp src/helpers/relay.cpp ${monitor_engine})

helper(phial-systemd helpers/systemd.cpp SHARED phial_base ${SYSTEMD_LIBRARY})
target_sources(phial-systemd PRIVATE src/helpers/systemd_bus.cpp)

include(cmake/image.cmake)
include(cmake/documents.cmake)

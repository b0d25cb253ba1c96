# The libraries of others, each behind a name of ours; docs/architecture.md says why each was chosen.

if(PHIAL_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()

# What an image layer may be compressed with.
find_library(ZSTD_LIBRARY zstd REQUIRED)
find_library(LZMA_LIBRARY lzma REQUIRED)
find_library(Z_LIBRARY z REQUIRED)
find_library(CRYPTO_LIBRARY crypto REQUIRED)
add_library(phial_crypto INTERFACE)
target_link_libraries(phial_crypto INTERFACE ${CRYPTO_LIBRARY})
add_library(phial_archive INTERFACE)
target_link_libraries(phial_archive INTERFACE ${ZSTD_LIBRARY} ${LZMA_LIBRARY} ${Z_LIBRARY})

set(CMAKE_FIND_LIBRARY_SUFFIXES .so .a)
find_library(SYSTEMD_LIBRARY systemd REQUIRED) # of phial-systemd alone
find_package(Threads REQUIRED)

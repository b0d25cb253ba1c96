# phial-init: freestanding, so none of phial_flags; embedded in the programs that start containers.
add_library(phial_init_image INTERFACE)

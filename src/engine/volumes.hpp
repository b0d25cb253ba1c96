// Volumes: directories below ROOT/volumes that outlive their containers, filled from the image when they are new.
#pragma once

#include "engine/specify.hpp"
#include "engine/world.hpp"

namespace phial::engine {

// Makes the volumes of `world` that do not exist yet, each filled with what the image has at its destination.
[[nodiscard]] Result<> make_volumes(const RunOptions& options, const ImageFacts& image, const World& world);
// The same as shell commands, each line ended; whiteouts of the image's layers apart.
[[nodiscard]] std::string volumes_shell(const RunOptions& options, const ImageFacts& image, const World& world);

} // namespace phial::engine

// What create() has in hand before it touches anything.
#pragma once

#include "engine/containers.hpp"
#include "engine/specify.hpp"
#include "engine/world.hpp"

namespace phial::engine {

// Directories of this name are containers in the making.
inline constexpr std::string_view kUnfinished = "unfinished-";

struct Prepared {
  ImageFacts image;
  World world;
  Record record;
  spec::Spec spec;
  std::vector<std::string> warnings;
};

} // namespace phial::engine

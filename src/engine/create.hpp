// What create() has in hand before it touches anything.
#pragma once

#include "engine/containers.hpp"
#include "engine/specify.hpp"
#include "engine/world.hpp"

namespace phial::engine {

struct Prepared {
  ImageFacts image;
  World world;
  Record record;
  spec::Spec spec;
  std::vector<std::string> warnings;
};

} // namespace phial::engine

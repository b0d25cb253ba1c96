// The command line of phial-oci: global options, a verb, its options and arguments, as runc takes them.
#pragma once

#include "base/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::oci {

struct Options {
  std::string root = "/run/phial-oci"; // --root: where containers' states lie
  bool log_json = false;               // --log-format json
  std::string verb;
  std::string bundle = ".";       // --bundle, -b
  std::string format = "calls";   // --format, of explain
  std::vector<std::string> words; // what is neither
  bool help = false;
  bool version = false;
};

// Kind::usage for what is not understood.
[[nodiscard]] Result<Options> parse_options(std::span<char*> arguments);

[[nodiscard]] std::string_view help_text();

} // namespace phial::oci

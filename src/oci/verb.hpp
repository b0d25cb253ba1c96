// Verb, Call and Globals: what a row of phial-oci's table is, and what a verb is given when it is used.
#pragma once

#include "base/error.hpp"
#include "commandline/arguments.hpp"
#include "commandline/environment.hpp"
#include "commandline/page.hpp"
#include "oci/log.hpp"
#include "runtime/lifecycle/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::oci {

using commandline::Arguments;
using commandline::Environment;
using commandline::Example;
using commandline::Offer;
using commandline::Option;
using commandline::Options;
using runtime::CgroupManager;

// The options that stand before the verb, checked.
struct Globals {
  std::string root; // absolute: --root, else /run/phial-oci, for a user $XDG_RUNTIME_DIR/phial-oci
  CgroupManager cgroup_manager = CgroupManager::cgroupfs; // --cgroup-manager; --systemd-cgroup is systemd
  std::optional<bool> rootless; // --rootless: whether refused cgroups are no error; none: auto
  bool debug = false;
};

struct Verb;

// One use of a verb. Flags are read by their long names: arguments.last("bundle"), arguments.on("detach"),
// arguments.all("env"); values.hpp has the checked readers of numbers. `words` are the rest: the id first.
struct Call {
  const Verb& verb;
  const Globals& globals;
  const Environment& environment;
  Log& log;
  Arguments arguments;

  [[nodiscard]] std::string id() const { return std::string(arguments.words.at(0)); }
  [[nodiscard]] std::string text(std::string_view flag, std::string_view otherwise = {}) const {
    return std::string(arguments.last(flag).value_or(otherwise));
  }
};

struct Verb {
  std::string_view name;
  std::string_view summary;          // one line, no full stop
  std::string_view description = {}; // as commandline::Page has it
  std::string_view usage = {};       // what follows the options
  std::uint8_t least = 0;            // words it takes
  std::uint8_t most = 0;
  bool stop_at_word = false; // what follows the first word is somebody else's command line
  Offer words = Offer::nothing;
  Options options = {.one_dash = true};
  std::span<const Example> examples = {};
  std::uint8_t failure = 1;                       // exit status of a failure
  bool hidden = false;                            // on no page
  Result<int> (*run)(const Call& call) = nullptr; // the exit status

  static constexpr std::uint8_t kAny = 255;
};

} // namespace phial::oci

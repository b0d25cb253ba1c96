// Verb and Option: the rows of the command line's one table. The parser, every help page, the man pages, the shell
// completions and the tests of the documentation are made from these rows, and nothing is said about a flag elsewhere.
// All of it is constexpr data: declaring verbs costs nothing at start.
#pragma once

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "commandline/environment.hpp"
#include "commandline/page.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::cli {

// The heading a verb stands under on the first page; in this order.
enum class Group : std::uint8_t { start, watch, steer, image, system, hidden };

using commandline::Environment;
using commandline::Example;

// The options that stand before the verb.
struct Globals {
  std::string_view root;  // --root, or empty
  std::string_view state; // --state, or empty
  bool json_errors = false;
  bool debug = false;
};

struct Verb;

// One use of a verb.
struct Call {
  const Verb& verb;
  std::string_view noun; // "container" in `phial container ls`; empty in `phial ps`
  const Globals& globals;
  const Environment& environment;
  Arguments arguments;
};

struct Verb {
  std::string_view name; // "run"
  Group group = Group::hidden;
  std::string_view summary; // one line, no full stop
  // Paragraphs, an empty line between them; a line that begins with two spaces stays as it is.
  std::string_view description = {};
  std::string_view usage = {}; // what follows the options: "IMAGE [COMMAND [ARG...]]"
  std::uint8_t least = 0;      // words it takes
  std::uint8_t most = kAny;
  bool stop_at_word = false;    // options end at the first word, which begins somebody else's command line
  Offer words = Offer::nothing; // what a shell offers for the words
  Options options = {};
  std::span<const Example> examples = {};
  std::string_view noun = {};                        // "container": also `phial container run`
  std::span<const std::string_view> noun_names = {}; // its names there, where they are not `name`
  bool noun_only = false;                            // `image inspect` has no short form
  std::uint8_t failure = 1;                          // exit status of a failure that has no status of its own
  std::uint8_t misuse = 1;                           // exit status of Kind::usage
  Result<int> (*run)(const Call& call) = nullptr;    // the exit status

  static constexpr std::uint8_t kAny = 255;
};

} // namespace phial::cli

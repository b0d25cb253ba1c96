// The grammar of flags, as the programs' tables declare them. Pure: words in, flags and words out.
//   -d -i -t, -dit, -m 64m, -m64m, -m=64m, --memory 64m, --memory=64m, --rm, --rm=false, --
// That is docker's (pflag's). With `one_dash` it is that and Go's flag package's: -memory 64m, -rm, --m=64m.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::commandline {

// What a shell can offer while a value is being typed.
enum class Offer : std::uint8_t { nothing, container, running_container, image, any_object, file, directory, verb };

struct Option {
  std::string_view name;          // "memory"
  char letter = 0;                // 'm', or 0
  std::string_view value = {};    // what its value is called ("SIZE"); empty: a switch
  std::string_view help = {};     // a sentence without its full stop
  std::string_view section = {};  // heading on the help page
  std::string_view fallback = {}; // what holds when it is not given, as the help page shows it
  bool repeatable = false;
  std::string_view also = {};    // a second long name
  std::string_view choices = {}; // "missing|never|always": the values there are, for completions
  Offer offer = Offer::nothing;
  bool hidden = false; // understood, and shown nowhere: for those who know it from elsewhere
};

// A flag that docker has and this version does not, with what to say to those who try it.
struct AbsentOption {
  std::string_view name;
  char letter;
  std::string_view instead; // one clause
};

// The options of one verb: its own, and a table it shares with others.
struct Options {
  std::span<const Option> own = {};
  std::span<const Option> shared = {};
  std::span<const AbsentOption> absent = {};
  bool one_dash = false; // a long name may follow one dash, and a letter two

  [[nodiscard]] constexpr std::size_t size() const { return own.size() + shared.size(); }
  [[nodiscard]] constexpr const Option& operator[](std::size_t index) const {
    return index < own.size() ? own[index] : shared[index - own.size()];
  }
  [[nodiscard]] const Option* find(std::string_view name) const;
  [[nodiscard]] const Option* find(char letter) const;
};

struct Flag {
  const Option* option = nullptr;
  std::string_view value; // "true" or "false" for a switch
};

struct Arguments {
  std::vector<Flag> flags;             // in order
  std::vector<std::string_view> words; // what is no flag
  bool help = false;                   // --help was asked for; nothing was checked

  // A switch; the last one holds.
  [[nodiscard]] bool on(std::string_view name, bool otherwise = false) const;
  // The last value of a flag.
  [[nodiscard]] std::optional<std::string_view> last(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
};

// Splits `words` (what follows the verb) into flags and words. The views stay the caller's. Errors: Kind::usage, naming
// the flag, with a suggestion where one is near.
[[nodiscard]] Result<Arguments> parse_arguments(const Options& options, bool stop_at_word,
                                                std::span<const std::string_view> words);

// strconv.ParseBool's words: 1 t true 0 f false in their usual cases.
[[nodiscard]] std::optional<bool> parse_switch(std::string_view text);

// "-m, --memory", as messages name a flag.
[[nodiscard]] std::string display_name(const Option& option);

// What is wrong with the number of words, in docker's terms; `program` is "phial logs".
[[nodiscard]] Result<> check_count(std::string_view program, std::size_t count, std::size_t least, std::size_t most);

} // namespace phial::commandline

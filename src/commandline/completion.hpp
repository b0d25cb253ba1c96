// What a shell offers while a command line is typed: decided here, from the tables; the shells only ask. A program puts
// its own grammar of verbs together from walk() and offer_here().
#pragma once

#include "commandline/arguments.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::commandline {

struct Candidate {
  std::string text;
  std::string_view meaning; // or empty
};

struct Completion {
  std::vector<Candidate> candidates; // all begin with what was typed
  Offer offer = Offer::nothing;      // names that only the program or the file system knows
  std::string prefix;                // of such a name: "--env-file=" when that was typed in one word
  std::string typed;                 // the part of the name that is there
};

// Offers `text` if it begins with what was typed.
void offer_word(Completion& out, std::string_view text, std::string_view meaning);

struct Place {
  std::size_t words = 0;         // plain words before the one being typed
  std::size_t next = 0;          // where reading stopped: the first plain word, with `stop`
  const Option* value = nullptr; // the typed word is this option's value
  bool flags = true;             // it may be a flag
};

// Walks over flags and words up to the last one, which is being typed. `stop`: to the first plain word.
[[nodiscard]] Place walk(const Options& options, std::span<const std::string_view> words, bool stop);

// Offers what may stand there: a flag, the value of one, or a word of kind `words`.
void offer_here(Completion& out, const Options& options, const Place& place, Offer words);

// The script for bash, zsh or fish, which asks `PROGRAM __complete -- WORD…`. Error: Kind::usage for any other shell.
[[nodiscard]] Result<std::string> completion_script(std::string_view program, std::string_view shell);

} // namespace phial::commandline

#include "commandline/arguments.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace phial::commandline {

const Option* Options::find(std::string_view name) const {
  for (std::size_t i = 0; i < size(); ++i)
    if ((*this)[i].name == name || (!(*this)[i].also.empty() && (*this)[i].also == name))
      return &(*this)[i];
  return nullptr;
}

const Option* Options::find(char letter) const {
  for (std::size_t i = 0; i < size(); ++i)
    if ((*this)[i].letter == letter)
      return &(*this)[i];
  return nullptr;
}

bool Arguments::on(std::string_view name, bool otherwise) const {
  std::optional<std::string_view> value = last(name);
  return value ? *value == "true" : otherwise;
}

std::optional<std::string_view> Arguments::last(std::string_view name) const {
  for (auto it = flags.rbegin(); it != flags.rend(); ++it)
    if (it->option->name == name)
      return it->value;
  return std::nullopt;
}

std::vector<std::string_view> Arguments::all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const Flag& flag : flags)
    if (flag.option->name == name)
      out.push_back(flag.value);
  return out;
}

std::optional<bool> parse_switch(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end())
    return true;
  if (std::ranges::find(kFalse, text) != kFalse.end())
    return false;
  return std::nullopt;
}

std::string display_name(const Option& option) {
  std::string out;
  if (option.letter != 0)
    out = std::string("-") + option.letter + ", ";
  return out + "--" + std::string(option.name);
}

namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Reads flags off the front of the words until they are used up.
class Reader {
public:
  Reader(const Options& options, bool stop_at_word, std::span<const std::string_view> words)
      : options_(options), stop_at_word_(stop_at_word), words_(words) {}

  Result<Arguments> read() {
    while (next_ < words_.size() && !out_.help) {
      std::string_view word = words_[next_++];
      if (word == "--") {
        take_rest();
      } else if (word.size() < 2 || word[0] != '-') {
        out_.words.push_back(word);
        if (stop_at_word_)
          take_rest();
      } else if (word[1] == '-') {
        TRY(long_flag(word.substr(2)));
      } else if (is_long_after_one_dash(word)) {
        TRY(long_flag(word.substr(1)));
      } else if (is_slip_after_one_dash(word)) {
        TRY(unknown(std::string(word), split_once(word.substr(1), '=').first));
      } else {
        TRY(letters(word));
      }
    }
    return std::move(out_);
  }

private:
  void take_rest() {
    out_.words.insert(out_.words.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    next_ = words_.size();
  }

  [[nodiscard]] const Option* find_long(std::string_view name) const {
    const Option* option = options_.find(name);
    if (option == nullptr && options_.one_dash && name.size() == 1)
      option = options_.find(name[0]);
    return option;
  }

  [[nodiscard]] bool is_long_after_one_dash(std::string_view word) const {
    if (!options_.one_dash || word.size() < 3)
      return false;
    std::string_view name = split_once(word.substr(1), '=').first;
    return name == "help" || (name.size() > 1 && options_.find(name) != nullptr);
  }

  Result<> add(const Option& option, std::string_view value) {
    if (option.value.empty()) {
      std::optional<bool> on = parse_switch(value);
      if (!on)
        return fail(Kind::usage,
                    display_name(option) + " is a switch: " + quoted(value) + " is neither true nor false");
      value = *on ? "true" : "false";
    }
    out_.flags.push_back({&option, value});
    return {};
  }

  Result<> long_flag(std::string_view text) {
    Halves halves = split_once(text, '=');
    const Option* option = find_long(halves.first);
    if (option == nullptr) {
      if (text == "help" || (text == "h" && options_.one_dash)) {
        out_.help = true;
        return {};
      }
      return unknown("--" + std::string(halves.first), halves.first);
    }
    if (halves.second)
      return add(*option, *halves.second);
    if (option->value.empty())
      return add(*option, "true");
    if (next_ == words_.size())
      return missing_value(*option, "--" + std::string(halves.first));
    return add(*option, words_[next_++]);
  }

  Result<> letters(std::string_view word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const Option* option = options_.find(word[at]);
      if (option == nullptr) {
        if (word[at] == 'h') {
          out_.help = true;
          return {};
        }
        return unknown_letter(word[at], word);
      }
      std::string_view rest = word.substr(at + 1);
      if (!rest.empty() && rest[0] == '=')
        return add(*option, rest.substr(1));
      if (option->value.empty()) {
        TRY(add(*option, "true"));
        continue;
      }
      if (!rest.empty())
        return add(*option, rest);
      if (next_ == words_.size())
        return missing_value(*option, std::string("-") + word[at]);
      return add(*option, words_[next_++]);
    }
    return {};
  }

  [[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view name) const {
    std::vector<std::string_view> names = {"help"};
    for (std::size_t i = 0; i < options_.size(); ++i) {
      if (options_[i].hidden)
        continue;
      names.push_back(options_[i].name);
      if (!options_[i].also.empty())
        names.push_back(options_[i].also);
    }
    return nearest(name, names);
  }

  // "-bundel" is meant for a long name, not for the letter b with the value "undel".
  [[nodiscard]] bool is_slip_after_one_dash(std::string_view word) const {
    if (!options_.one_dash || word.size() < 4)
      return false;
    std::string_view name = split_once(word.substr(1), '=').first;
    std::optional<std::string_view> near = nearest_name(name);
    return near && near->front() == name.front();
  }

  [[nodiscard]] Result<> unknown(const std::string& spelled, std::string_view name) const {
    for (const AbsentOption& absent : options_.absent)
      if (absent.name == name)
        return not_here(spelled, absent);
    std::optional<std::string_view> near = nearest_name(name);
    return fail(Kind::usage, "unknown flag: " + spelled,
                near ? "did you mean --" + std::string(*near) + "?" : std::string());
  }

  [[nodiscard]] static Result<> not_here(const std::string& spelled, const AbsentOption& absent) {
    return fail(Kind::usage, spelled + " is not in this version: " + std::string(absent.instead));
  }

  [[nodiscard]] Result<> unknown_letter(char letter, std::string_view word) const {
    for (const AbsentOption& absent : options_.absent)
      if (absent.letter == letter)
        return not_here(std::string("-") + letter, absent);
    if (options_.one_dash && word.size() > 2)
      return unknown(std::string(word), split_once(word.substr(1), '=').first);
    std::string message = std::string("unknown flag: -") + letter;
    if (word.size() > 2)
      message += " in " + std::string(word);
    return fail(Kind::usage, message,
                word.size() > 2 ? "a long flag takes two dashes: -" + std::string(word) : std::string());
  }

  [[nodiscard]] static Result<> missing_value(const Option& option, const std::string& spelled) {
    return fail(Kind::usage, spelled + " needs a value: " + std::string(option.value));
  }

  const Options& options_;
  bool stop_at_word_;
  std::span<const std::string_view> words_;
  std::size_t next_ = 0;
  Arguments out_;
};

std::string arguments_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " argument" : " arguments");
}

} // namespace

Result<Arguments> parse_arguments(const Options& options, bool stop_at_word, std::span<const std::string_view> words) {
  return Reader(options, stop_at_word, words).read();
}

Result<> check_count(std::string_view program, std::size_t count, std::size_t least, std::size_t most) {
  if (count >= least && count <= most)
    return {};
  std::string message = "'" + std::string(program) + "' ";
  if (most == 0)
    message += "accepts no arguments";
  else if (least == most)
    message += "requires " + arguments_text(least);
  else if (count < least)
    message += "requires at least " + arguments_text(least);
  else
    message += "requires at most " + arguments_text(most);
  return fail(Kind::usage, message);
}

} // namespace phial::commandline

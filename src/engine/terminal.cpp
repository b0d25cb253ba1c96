#include "engine/terminal.hpp"

#include "base/text.hpp"

namespace phial::engine {

Result<std::string> parse_detach_keys(std::string_view text) {
  std::string out;
  if (text.empty())
    return out;
  for (std::string_view key : split(text, ',')) {
    if (key.size() == 1) {
      out += key[0];
      continue;
    }
    std::string name = lower(key);
    char letter = name.size() == 6 && name.starts_with("ctrl-") ? name[5] : '\0';
    if (letter >= 'a' && letter <= 'z')
      out += static_cast<char>(letter - 'a' + 1);
    else if (letter == '@' || (letter >= '[' && letter <= '_'))
      out += static_cast<char>(letter - '@');
    else
      return fail(Kind::usage, "\"" + std::string(key) + "\" is no key that --detach-keys knows",
                  "keys are single characters or ctrl- and one of a-z, @, [, \\, ], ^, _, with commas between them");
  }
  return out;
}

std::string DetachKeys::filter(std::string_view typed, bool& detached) {
  std::string out;
  if (keys_.empty())
    return std::string(typed);
  for (char c : typed) {
    if (c == keys_[matched_]) {
      if (++matched_ == keys_.size()) {
        detached = true;
        return out;
      }
      continue;
    }
    // Not the sequence: what was held back goes, but for the longest tail of it that may begin the sequence anew.
    std::string held = keys_.substr(0, matched_) + c;
    std::size_t keep = held.size();
    do
      --keep;
    while (keep > 0 && !held.ends_with(keys_.substr(0, keep)));
    out += held.substr(0, held.size() - keep);
    matched_ = keep;
  }
  return out;
}

} // namespace phial::engine

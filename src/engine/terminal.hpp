// The detach keys: what is typed to leave a container's terminal.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace phial::engine {

// Docker's notation: "ctrl-p,ctrl-q", "a", "ctrl-[": the bytes they send. Empty text: no keys. Kind::usage.
[[nodiscard]] Result<std::string> parse_detach_keys(std::string_view text);

// Finds the detach keys in what is typed. Pure.
class DetachKeys {
public:
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}
  // What of `typed` is to be passed on: keys that may begin the sequence are held back until it is clear that they do
  // not. `detached` once the whole sequence was typed; nothing behind it counts.
  [[nodiscard]] std::string filter(std::string_view typed, bool& detached);

private:
  std::string keys_;
  std::size_t matched_ = 0;
};

} // namespace phial::engine

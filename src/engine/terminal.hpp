// The caller's terminal while a container's is shown in it: raw mode and back, its size, the detach keys. termios(3).
#pragma once

#include "base/fd.hpp"
#include "engine/wire.hpp"

#include <termios.h>

#include <optional>
#include <string>
#include <string_view>

namespace phial::engine {

[[nodiscard]] bool is_terminal(int fd);

// Rows and columns; nullopt where `fd` is no terminal or does not know.
[[nodiscard]] std::optional<wire::Size> terminal_size(int fd);

// Raw mode as long as it lives. Restored by its end, on every way out of a function; a process that is killed leaves
// the restoring to the shell.
class RawMode {
public:
  RawMode() = default;
  RawMode(RawMode&& other) noexcept : fd_(std::exchange(other.fd_, -1)), saved_(other.saved_) {}
  RawMode& operator=(RawMode&& other) noexcept;
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode() { restore(); }
  [[nodiscard]] static Result<RawMode> enter(int fd);
  void restore();

private:
  int fd_ = -1;
  termios saved_{};
};

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

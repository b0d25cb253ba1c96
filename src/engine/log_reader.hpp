// Reads a container's log back: across rotations, from the end, between two times, and as it grows.
#pragma once

#include "base/fd.hpp"
#include "engine/log_format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phial::engine {

struct LogQuery {
  bool follow = false;
  bool timestamps = false;
  std::optional<std::uint64_t> tail = std::nullopt;
  std::int64_t since = 0;
  std::int64_t until = 0;
  std::uint32_t max_files = 3;
};

// Turns records into what was written: joins the parts of a line, puts the time before each line if asked for. Pure.
class LogPrinter {
public:
  LogPrinter(bool timestamps, std::int64_t since, std::int64_t until)
      : timestamps_(timestamps), since_(since), until_(until) {}
  // One line of the file, without its newline.
  void line(std::string_view text);
  // What belongs on the stream so far; the caller writes it and clears it.
  std::string& of(Stream stream) { return out_[static_cast<int>(stream)]; }
  // The stream of the last line taken: when it changes the other's text should be written first, to keep the order.
  [[nodiscard]] Stream last() const { return last_; }
  // A record past `until` was seen.
  [[nodiscard]] bool past() const { return past_; }

private:
  bool timestamps_;
  std::int64_t since_;
  std::int64_t until_;
  bool inside_[2] = {false, false};
  bool past_ = false;
  Stream last_ = Stream::output;
  std::string out_[2];
};

// Where in the file of `size` bytes its last `lines` lines of output begin; `lines` is lowered by those found.
[[nodiscard]] Result<std::int64_t> tail_offset(int fd, std::int64_t size, std::uint64_t& lines);

// Writes the log in `directory` to `out` and `errors`. With `follow` until `ended` (a pidfd of the monitor) is readable
// and everything is read; without one (-1) there is nothing to follow.
[[nodiscard]] Result<> read_log(const std::string& directory, const LogQuery& query, int ended, int out, int errors);

} // namespace phial::engine

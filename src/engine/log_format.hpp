// The log's lines, in the form Kubernetes' kubelet reads (CRI): "TIME stdout F text". F ends a line of the container's
// output, P is a part of one: output is written down as it comes, a line that is not finished too. The monitor links
// this file.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace phial::engine {

enum class Stream : std::uint8_t { output, errors };

// TIME, space, stream (six letters each), space, tag, space.
inline constexpr std::size_t kLogHeader = kTimeLength + 1 + 6 + 1 + 1 + 1;
inline constexpr std::size_t kLogTagPlace = kTimeLength + 1 + 6 + 1;
// No record's text is longer; longer lines come as parts.
inline constexpr std::size_t kLogText = 16384;
inline constexpr std::string_view kLogName = "container.log";

struct LogRecord {
  std::int64_t time = 0;
  Stream stream = Stream::output;
  bool whole = false;    // a newline follows
  std::string_view text; // lies in the line it was read from
};

// One line without its newline; nullopt where it is none of ours (cut off by a crash or a full disk).
[[nodiscard]] std::optional<LogRecord> parse_log_line(std::string_view line);

// Takes the next record's text off the front of `bytes`; `whole` says that a newline followed it (and was taken too).
[[nodiscard]] std::string_view next_log_text(std::string_view& bytes, bool& whole);

} // namespace phial::engine

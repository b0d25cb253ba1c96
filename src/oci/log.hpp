// Log: what --log FILE, --log-format and --debug ask for: one line for each message, as the programs above a runtime
// parse them. Without --log the lines of --debug go to standard error.
#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"

#include <span>
#include <string>
#include <string_view>

namespace phial::oci {

enum class LogFormat : bool { text, json };

// One line, with its newline. text: time="…" level=error msg="…" (logfmt). json: {"level":…,"msg":…,"time":…}.
// `time` is RFC 3339 ("2026-11-22T15:49:03Z"). Pure.
[[nodiscard]] std::string log_line(LogFormat format, std::string_view level, std::string_view message,
                                   std::string_view time);

class Log {
public:
  // Appends to `path` (made 0644), which "file:" may precede. An empty path: no file.
  [[nodiscard]] static Result<Log> open(std::string_view path, LogFormat format, bool debug);
  Log() = default;

  // To the file only; what a person reads on standard error is the program's affair.
  void error(std::string_view message);
  void warning(std::string_view message);
  void warnings(std::span<const std::string> messages);
  // Nothing without --debug.
  void debug(std::string_view message);

  [[nodiscard]] bool has_file() const { return static_cast<bool>(file_); }
  [[nodiscard]] LogFormat format() const { return format_; }
  // The file for another process to write lines to, or -1.
  [[nodiscard]] int fd() const { return file_ ? file_.get() : -1; }
  [[nodiscard]] bool debugs() const { return debug_; }

private:
  void write(int fd, std::string_view level, std::string_view message) const;

  Fd file_;
  LogFormat format_ = LogFormat::text;
  bool debug_ = false;
};

} // namespace phial::oci

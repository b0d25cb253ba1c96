#include "oci/log.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial::oci {

namespace {

// As logfmt writers quote: everything that is more than a plain word.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (byte < 0x20 || byte == 0x7F)
      out += std::string("\\x") + kHex[byte >> 4U] + kHex[byte & 15U];
    else
      out += c;
  }
  return out + "\"";
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

} // namespace

std::string log_line(LogFormat format, std::string_view level, std::string_view message, std::string_view time) {
  if (format == LogFormat::json) {
    Json line = Json::object();
    line.set("level", level);
    line.set("msg", message);
    line.set("time", time);
    return to_text(line) + "\n";
  }
  return "time=\"" + std::string(time) + "\" level=" + std::string(level) +
         " msg=" + (is_plain(message) ? std::string(message) : quoted(message)) + "\n";
}

Result<Log> Log::open(std::string_view path, LogFormat format, bool debug) {
  Log log;
  log.format_ = format;
  log.debug_ = debug;
  if (path.starts_with("journald:") || path.starts_with("syslog:"))
    return fail(Kind::unsupported, "--log \"" + std::string(path) + "\": the log goes to a file only",
                "--log FILE or --log file:FILE");
  if (path.starts_with("file:"))
    path.remove_prefix(5);
  if (!path.empty())
    log.file_ = TRY(open_at(AT_FDCWD, std::string(path), O_WRONLY | O_APPEND | O_CREAT, 0644), "open the log");
  return log;
}

void Log::write(int fd, std::string_view level, std::string_view message) const {
  (void)write_all(fd, log_line(format_, level, message, time_string(now()).substr(0, 19) + "Z"));
}

void Log::error(std::string_view message) {
  if (file_)
    write(file_.get(), "error", message);
}

void Log::warning(std::string_view message) {
  write(file_ ? file_.get() : STDERR_FILENO, "warning", message);
}

void Log::warnings(std::span<const std::string> messages) {
  for (const std::string& message : messages)
    warning(message);
}

void Log::debug(std::string_view message) {
  if (debug_)
    write(file_ ? file_.get() : STDERR_FILENO, "debug", message);
}

} // namespace phial::oci

// The two small texts phial-monitor writes: "key value" lines. No JSON here: the monitor links this file.
#include "engine/record.hpp"

#include "base/text.hpp"

#include <charconv>

namespace phial::engine {

namespace {

void add(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += ' ';
  for (char c : value)
    out += c == '\n' || c == '\r' ? ' ' : c;
  out += '\n';
}

template <class T> Result<> number(std::string_view key, std::string_view value, T& into) {
  T read = 0;
  auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), read);
  if (problem != std::errc() || end != value.data() + value.size())
    return fail(Kind::input, std::string(key) + ": \"" + std::string(value) + "\" is not a number");
  into = read;
  return {};
}

// Calls take(key, value) for each line; what take does not know is skipped, so that an older Phial reads a newer
// record.
template <class Take> Result<> each_line(std::string_view text, Take take) {
  if (text.empty() || text.back() != '\n')
    return fail(Kind::input, "the record is cut off");
  text.remove_suffix(1);
  for (std::string_view line : split(text, '\n')) {
    Halves halves = split_once(line, ' ');
    TRY(take(halves.first, halves.second.value_or(std::string_view())));
  }
  return {};
}

} // namespace

std::string running_text(const Running& running) {
  std::string out;
  add(out, "pid", std::to_string(running.pid));
  add(out, "pid-start", std::to_string(running.pid_start));
  add(out, "monitor", std::to_string(running.monitor));
  add(out, "monitor-start", std::to_string(running.monitor_start));
  add(out, "boot", running.boot);
  add(out, "started", std::to_string(running.started));
  return out;
}

Result<Running> parse_running(std::string_view text) {
  Running out;
  TRY(each_line(text, [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "pid")
      return number(key, value, out.pid);
    if (key == "pid-start")
      return number(key, value, out.pid_start);
    if (key == "monitor")
      return number(key, value, out.monitor);
    if (key == "monitor-start")
      return number(key, value, out.monitor_start);
    if (key == "started")
      return number(key, value, out.started);
    if (key == "boot")
      out.boot = value;
    return {};
  }));
  if (out.pid <= 0)
    return fail(Kind::input, "the record names no process");
  return out;
}

std::string exit_text(const Exit& exit) {
  std::string out;
  add(out, "code", std::to_string(exit.code));
  add(out, "finished", std::to_string(exit.finished));
  add(out, "oom", exit.oom_killed ? "1" : "0");
  if (!exit.error.empty())
    add(out, "error", exit.error);
  return out;
}

Result<Exit> parse_exit(std::string_view text) {
  Exit out;
  TRY(each_line(text, [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "code")
      return number(key, value, out.code);
    if (key == "finished")
      return number(key, value, out.finished);
    if (key == "oom")
      out.oom_killed = value == "1";
    if (key == "error")
      out.error = value;
    return {};
  }));
  return out;
}

} // namespace phial::engine

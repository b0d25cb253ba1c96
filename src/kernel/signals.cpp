#include "kernel/signals.hpp"

#include "base/text.hpp"

#include <csignal>

#include <algorithm>
#include <iterator>

namespace phial::kernel {

namespace {

using enum SignalDefault;

constexpr Signal kSignals[] = {
    {SIGHUP, "SIGHUP", terminate},   {SIGINT, "SIGINT", terminate},
    {SIGQUIT, "SIGQUIT", core},      {SIGILL, "SIGILL", core},
    {SIGTRAP, "SIGTRAP", core},      {SIGABRT, "SIGABRT", core},
    {SIGBUS, "SIGBUS", core},        {SIGFPE, "SIGFPE", core},
    {SIGKILL, "SIGKILL", terminate}, {SIGUSR1, "SIGUSR1", terminate},
    {SIGSEGV, "SIGSEGV", core},      {SIGUSR2, "SIGUSR2", terminate},
    {SIGPIPE, "SIGPIPE", terminate}, {SIGALRM, "SIGALRM", terminate},
    {SIGTERM, "SIGTERM", terminate}, {16, "SIGSTKFLT", terminate},
    {SIGCHLD, "SIGCHLD", ignore},    {SIGCONT, "SIGCONT", resume},
    {SIGSTOP, "SIGSTOP", stop},      {SIGTSTP, "SIGTSTP", stop},
    {SIGTTIN, "SIGTTIN", stop},      {SIGTTOU, "SIGTTOU", stop},
    {SIGURG, "SIGURG", ignore},      {SIGXCPU, "SIGXCPU", core},
    {SIGXFSZ, "SIGXFSZ", core},      {SIGVTALRM, "SIGVTALRM", terminate},
    {SIGPROF, "SIGPROF", terminate}, {SIGWINCH, "SIGWINCH", ignore},
    {SIGPOLL, "SIGIO", terminate},   {SIGPWR, "SIGPWR", terminate},
    {SIGSYS, "SIGSYS", core},
};

struct Alias {
  std::string_view name;
  int number;
};
constexpr Alias kAliases[] = {{"SIGIOT", SIGABRT}, {"SIGCLD", SIGCHLD}, {"SIGPOLL", SIGPOLL}};

// The C library keeps 32 and 33 for itself.
constexpr int kRealTimeFirst = 34;
constexpr int kRealTimeLast = 64;

std::unexpected<Error> not_a_signal(std::string_view text, std::string_view upper) {
  std::string_view names[std::size(kSignals)];
  std::ranges::transform(kSignals, names, &Signal::name);
  std::string hint = "give a name such as SIGTERM or a number from 1 to 64";
  if (auto near = nearest(upper, names))
    hint = "did you mean " + std::string(*near) + "?";
  return fail(Kind::input, "'" + std::string(text) + "' is not a signal", hint);
}

// "+3" after RTMIN, "-1" after RTMAX, or nothing.
std::optional<int> real_time(std::string_view rest, char sign, int base) {
  if (rest.empty())
    return base;
  auto steps = rest.front() == sign ? parse_uint(rest.substr(1)) : std::nullopt;
  if (!steps || *steps > kRealTimeLast - kRealTimeFirst)
    return std::nullopt;
  return sign == '+' ? base + static_cast<int>(*steps) : base - static_cast<int>(*steps);
}

} // namespace

std::span<const Signal> signals() {
  return kSignals;
}

std::string signal_name(int number) {
  for (const Signal& signal : kSignals)
    if (signal.number == number)
      return std::string(signal.name);
  if (number == kRealTimeFirst)
    return "SIGRTMIN";
  if (number == kRealTimeLast)
    return "SIGRTMAX";
  if (number > kRealTimeFirst && number < kRealTimeLast)
    return "SIGRTMIN+" + std::to_string(number - kRealTimeFirst);
  return "signal " + std::to_string(number);
}

Result<int> parse_signal(std::string_view text) {
  if (auto number = parse_uint(text)) {
    if (*number >= 1 && *number <= kRealTimeLast)
      return static_cast<int>(*number);
    return not_a_signal(text, text);
  }
  std::string upper(text);
  for (char& letter : upper)
    if (letter >= 'a' && letter <= 'z')
      letter = static_cast<char>(letter - 'a' + 'A');
  if (!upper.starts_with("SIG"))
    upper.insert(0, "SIG");
  std::string_view name = upper;
  for (const Signal& signal : kSignals)
    if (signal.name == name)
      return signal.number;
  for (const Alias& alias : kAliases)
    if (alias.name == name)
      return alias.number;
  std::optional<int> number;
  if (name.starts_with("SIGRTMIN"))
    number = real_time(name.substr(8), '+', kRealTimeFirst);
  else if (name.starts_with("SIGRTMAX"))
    number = real_time(name.substr(8), '-', kRealTimeLast);
  if (!number)
    return not_a_signal(text, name);
  return *number;
}

std::uint64_t parse_ignored_signals(std::string_view status) {
  constexpr std::string_view kField = "\nSigIgn:";
  std::size_t at = status.find(kField);
  if (at == std::string_view::npos)
    return 0;
  std::string_view value = status.substr(at + kField.size());
  return parse_uint(trim(value.substr(0, value.find('\n'))), 16).value_or(0);
}

} // namespace phial::kernel

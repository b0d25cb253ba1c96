#include "kernel/rlimits.hpp"

#include "base/text.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace phial::kernel {

namespace {

constexpr RlimitFacts kRlimits[] = {
    {RLIMIT_CPU, "RLIMIT_CPU", "cpu", "seconds", "processor time a process may use before SIGXCPU"},
    {RLIMIT_FSIZE, "RLIMIT_FSIZE", "fsize", "bytes", "size of a file a process may write"},
    {RLIMIT_DATA, "RLIMIT_DATA", "data", "bytes", "data segment, heap and private writable mappings"},
    {RLIMIT_STACK, "RLIMIT_STACK", "stack", "bytes", "stack of the first thread"},
    {RLIMIT_CORE, "RLIMIT_CORE", "core", "bytes", "size of a core file"},
    {RLIMIT_RSS, "RLIMIT_RSS", "rss", "bytes", "nothing since Linux 2.4.30"},
    {RLIMIT_NPROC, "RLIMIT_NPROC", "nproc", "threads", "threads of the real user, in the whole user namespace"},
    {RLIMIT_NOFILE, "RLIMIT_NOFILE", "nofile", "descriptors", "highest file descriptor of a process, plus one"},
    {RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK", "memlock", "bytes", "memory that may be locked into RAM"},
    {RLIMIT_AS, "RLIMIT_AS", "as", "bytes", "address space of a process"},
    {RLIMIT_LOCKS, "RLIMIT_LOCKS", "locks", "locks", "nothing since Linux 2.4.24"},
    {RLIMIT_SIGPENDING, "RLIMIT_SIGPENDING", "sigpending", "signals", "queued signals of the real user"},
    {RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", "msgqueue", "bytes", "POSIX message queues of the real user"},
    {RLIMIT_NICE, "RLIMIT_NICE", "nice", "levels", "how far the nice value may be lowered (20 minus the limit)"},
    {RLIMIT_RTPRIO, "RLIMIT_RTPRIO", "rtprio", "levels", "highest real-time priority"},
    {RLIMIT_RTTIME, "RLIMIT_RTTIME", "rttime", "microseconds", "processor time in a row of a real-time process"},
};

constexpr std::string_view kShape = "write NAME=SOFT or NAME=SOFT:HARD, for example nofile=1024:2048";

std::optional<std::uint64_t> parse_value(std::string_view text) {
  if (text == "-1" || text == "unlimited")
    return kRlimitInfinity;
  return parse_uint(text);
}

std::string format_value(std::uint64_t value) {
  return value == kRlimitInfinity ? "-1" : std::to_string(value);
}

} // namespace

std::span<const RlimitFacts> rlimits() {
  return kRlimits;
}

const RlimitFacts* find_rlimit(int number) {
  for (const RlimitFacts& row : kRlimits)
    if (row.number == number)
      return &row;
  return nullptr;
}

const RlimitFacts* find_rlimit(std::string_view name) {
  for (const RlimitFacts& row : kRlimits)
    if (row.oci_name == name || row.name == name)
      return &row;
  return nullptr;
}

std::unexpected<Error> unknown_rlimit(std::string_view name) {
  std::string_view names[std::size(kRlimits)];
  bool oci = name.starts_with("RLIMIT");
  std::ranges::transform(kRlimits, names, oci ? &RlimitFacts::oci_name : &RlimitFacts::name);
  std::string hint;
  if (auto near = nearest(name, names))
    hint = "did you mean " + std::string(*near) + "?";
  return fail(Kind::input, "'" + std::string(name) + "' is not a resource limit", hint);
}

Result<Rlimit> parse_ulimit(std::string_view text) {
  auto wrong = [text](std::string_view why) {
    return fail(Kind::input, "ulimit '" + std::string(text) + "' " + std::string(why), std::string(kShape));
  };
  Halves halves = split_once(text, '=');
  if (!halves.second || halves.first.empty())
    return wrong("has no value");
  const RlimitFacts* facts = find_rlimit(halves.first);
  if (facts == nullptr)
    return unknown_rlimit(halves.first);
  Halves values = split_once(*halves.second, ':');
  auto soft = parse_value(values.first);
  auto hard = values.second ? parse_value(*values.second) : soft;
  if (!soft || !hard)
    return wrong("has a value that is not a number");
  if (*soft > *hard)
    return wrong("has a soft limit above its hard limit");
  return Rlimit{facts->number, *soft, *hard};
}

std::string format_ulimit(const Rlimit& limit) {
  const RlimitFacts* facts = find_rlimit(limit.number);
  std::string name = facts != nullptr ? std::string(facts->name) : std::to_string(limit.number);
  return name + "=" + format_value(limit.soft) + ":" + format_value(limit.hard);
}

} // namespace phial::kernel

// config.json: "linux.seccomp".
#include "spec/reader_parts.hpp"

#include <algorithm>

namespace phial::spec {

using namespace kernel;

namespace {

constexpr std::uint32_t kMaxErrno = 4095;

void read(const Cursor& at, SeccompRule& out) {
  at.require({"names", "action"});
  at.read("names", out.names);
  if (out.names.empty())
    at.fail("names", "is empty; a rule names at least one system call");
  read_actions(at, out.action, "action", out.error_number, "errnoRet");
  at.list("args", out.arguments, [](const Cursor& place, SeccompArgument& argument) { read(place, argument); });
}

} // namespace

void read_actions(const Cursor& at, SeccompAction& action, std::string_view key, std::optional<std::uint32_t>& number,
                  std::string_view number_key) {
  at.read_word(key, action, kSeccompActions, "a seccomp action");
  at.read(number_key, number, 0U, kMaxErrno);
}

void read(const Cursor& at, SeccompArgument& out) {
  at.require({"index", "value", "op"});
  at.read("index", out.index, 0U, 5U);
  at.read("value", out.value);
  at.read("valueTwo", out.value_two);
  at.read_word("op", out.op, kSeccompOperators, "a comparison");
}

void read(const Cursor& at, SeccompProfile& out) {
  at.require({"defaultAction"});
  read_actions(at, out.default_action, "defaultAction", out.default_error, "defaultErrnoRet");
  at.each("architectures", [&](const Cursor& place) {
    place.take(out.architectures.emplace_back());
    std::span<const std::string_view> known = seccomp_architectures();
    if (std::ranges::find(known, out.architectures.back()) == known.end())
      place.fail_word("", out.architectures.back(), "an architecture", known);
  });
  if (at.has("flags"))
    at.read_flags("flags", out.flags.emplace(), kSeccompFlags, "a seccomp flag");
  at.read("listenerPath", out.listener_path);
  at.read("listenerMetadata", out.listener_metadata);
  at.list("syscalls", out.rules, [](const Cursor& place, SeccompRule& rule) { read(place, rule); });
  if (out.default_action == SeccompAction::notify)
    at.fail("defaultAction", "SCMP_ACT_NOTIFY cannot be the default: the listener itself would wait");
  if (notifies(out) && out.listener_path.empty())
    at.fail("listenerPath", "is required where a rule has SCMP_ACT_NOTIFY, and missing");
}

} // namespace phial::spec
